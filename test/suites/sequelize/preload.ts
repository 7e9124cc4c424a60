import { createRequire } from "node:module";
import { withRdsProxy } from "@rds-proxy/adapter-sequelize";

/** Wraps the options of each Sequelize of the dialect under test in `withRdsProxy`. */

type Given = Parameters<typeof withRdsProxy>[0];
type Constructor = new (...args: readonly unknown[]) => object;

const dialect = process.env["DIALECT"] === "mysql" ? "mysql" : "postgres";
const load = createRequire(import.meta.url);
const Sequelize: Constructor = load("sequelize");

const Wrapped = new Proxy(Sequelize, {
  construct(target, args: readonly unknown[], newTarget) {
    const options = withoutRefused(withoutPassword(optionsOf(args)));
    return Reflect.construct(target, isTested(options) ? [withRdsProxy(options)] : args, newTarget);
  },
});
Object.assign(Sequelize, { Sequelize: Wrapped, default: Wrapped });
const entry = load.cache[load.resolve("sequelize")];
if (entry === undefined) throw new Error("Sequelize was not loaded");
entry.exports = Wrapped;

/** The constructor's four forms, as one object. */
function optionsOf(args: readonly unknown[]): object {
  const [first, second] = args;
  if (args.length === 1 && typeof first === "object") return { ...first };
  if (typeof first === "string" && (args.length === 1 || (args.length === 2 && isObject(second)))) {
    const { protocol, hostname, port, username, pathname, searchParams } = new URL(first);
    return {
      ...Object(second),
      dialect: protocol.replace(":", ""),
      host: hostname,
      port,
      username,
      database: pathname.slice(1),
      dialectOptions: { ...Object(Object(second).dialectOptions), ...Object.fromEntries(searchParams) },
    };
  }
  return { ...Object(args[3]), database: first, username: second };
}

/** Removes the options that the migration guide says to remove, those of replicas included. */
function withoutPassword(options: object): object {
  const { password: _, replication, ...others }: { password?: unknown; replication?: unknown } = options;
  if (!isObject(replication)) return { ...others, replication };
  const { read, write }: { read?: unknown; write?: unknown } = replication;
  const readers = [read].flat().filter(isObject).map(withoutPassword);
  return { ...others, replication: { read: readers, write: withoutPassword(Object(write)) } };
}

/** One file passes it while it loads, where an error would end the whole run. Its tests fail without the option. */
function withoutRefused(options: object): object {
  const { dialectOptions }: { dialectOptions?: object } = options;
  if (dialectOptions === undefined || !("prependSearchPath" in dialectOptions)) return options;
  const { prependSearchPath: _, ...others } = dialectOptions;
  return { ...options, dialectOptions: others };
}

function isTested(options: object): options is Given {
  const { dialect: name }: { dialect?: unknown } = options;
  return name === dialect || (dialect === "postgres" && name === "postgresql");
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
