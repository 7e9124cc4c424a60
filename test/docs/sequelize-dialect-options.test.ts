import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { describe, expect, it } from "vitest";

const load = createRequire(import.meta.url);
const README = readFileSync(new URL("../../packages/adapter-sequelize/README.md", import.meta.url), "utf8");
const PLACE = {
  host: "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com",
  username: "app",
  database: "shop",
};

/** Values that are not `true`, by option. */
const VALUES: Readonly<Record<string, unknown>> = {
  application_name: "orders",
  authPlugins: {},
  charset: "utf8mb4",
  charsetNumber: 224,
  client_encoding: "UTF8",
  connectAttributes: {},
  dateStrings: ["DATE"],
  flags: ["-FOUND_ROWS"],
  infileStreamFactory: () => undefined,
  keepAliveInitialDelay: 1000,
  localAddress: "127.0.0.1",
  maxPreparedStatements: 100,
  nestTables: "_",
  Promise,
  query_timeout: 5000,
  queryFormat: () => undefined,
  ssl: { rejectUnauthorized: false },
  timezone: "Z",
};

/** The verdict of each option in one of the README's tables. */
function verdicts(heading: string): ReadonlyMap<string, string> {
  const [, section = ""] = README.split(`### ${heading}\n`);
  const [table = ""] = section.split(/^##/m);
  const rows = table.matchAll(/^\| (`.*?`) \| (.*?) \|/gm);
  return new Map(
    [...rows].flatMap(([, names = "", verdict = ""]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]): [string, string] => [name, verdict]),
    ),
  );
}

/** The names that Sequelize passes to node-postgres, from its source. */
function pickedForPostgres(): readonly string[] {
  const file = load.resolve("sequelize/lib/dialects/postgres/connection-manager");
  const [, list = ""] = /config\.dialectOptions, \[(.*?)\]/s.exec(readFileSync(file, "utf8")) ?? [];
  return [...list.matchAll(/"(\w+)"/g)].map(([, name = ""]) => name);
}

/** The names that mysql2 accepts, from its source. */
function knownToMysql2(): readonly string[] {
  const file = load.resolve("mysql2").replace(/index\.js$/, "lib/connection_config.js");
  const [, list = ""] = /const validOptions = \{(.*?)\n\};/s.exec(readFileSync(file, "utf8")) ?? [];
  return [...list.matchAll(/^ {2}(\w+): 1/gm)].map(([, name = ""]) => name);
}

describe.each([
  ["postgres", "On PostgreSQL", [...pickedForPostgres(), "clientMinMessages", "prependSearchPath", "useUTC"]],
  ["mysql", "On MySQL and MariaDB", [...knownToMysql2(), "useUTC"]],
] as const)("dialectOptions of %s", (dialect, heading, names) => {
  const documented = verdicts(heading);
  const make = (name: string): unknown =>
    withRdsProxy({ dialect, ...PLACE, dialectOptions: { [name]: VALUES[name] ?? true } });

  it("are all in the table", () => {
    expect(names.length).toBeGreaterThan(14);
    expect(names.filter((name) => !documented.has(name))).toEqual([]);
  });

  it.each([...documented])("%s: %s", (name, verdict) => {
    if (/refused/.test(verdict)) {
      expect(() => make(name)).toThrow(
        expect.objectContaining({
          code: "RDS_PROXY_INVALID_OPTION",
          message: expect.stringMatching(
            new RegExp(`^(?:dialectOptions\\.)?${name}: not an option here.{30,}`),
          ),
        }),
      );
    } else {
      expect(["passed on", "no effect"]).toContain(verdict);
      expect(make(name)).toMatchObject({ dialectOptions: { [name]: VALUES[name] ?? true } });
    }
  });

  it.each([["useUtc"], ["nonsense"]])("with an unknown name are refused: %s", (name) => {
    expect(() => make(name)).toThrow(/not a known option/);
  });
});
