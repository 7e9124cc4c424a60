import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Socket } from "node:net";
import { Readable } from "node:stream";
import * as kyselyMysql from "@rds-proxy/adapter-kysely/mysql";
import * as kyselyPostgres from "@rds-proxy/adapter-kysely/postgres";
import * as adapterMysql2 from "@rds-proxy/adapter-mysql2";
import { preparePool } from "@rds-proxy/adapter-mysql2/internal";
import * as adapterPg from "@rds-proxy/adapter-pg";
import type { RdsProxyOptions } from "@rds-proxy/core";
import { RDS_PROXY_OPTION_NAMES, resolveOptions } from "@rds-proxy/core/adapter";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import type { ConnectionOptions } from "mysql2";
import mysql from "mysql2/promise";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { INSTANCE_ROUTE, startProxyFor } from "../support/routes.js";
import { describeOn, testedEngines } from "../support/tested-engines.js";

const require = createRequire(import.meta.url);
const page = await readFile(new URL("../../docs/driver-options.md", import.meta.url), "utf8");

interface Row {
  readonly option: string;
  readonly connection: string;
  readonly pool: string;
  readonly reason: string;
  readonly remedy: string;
}

/** The rows of a section's table that are about one option each. */
function rowsOf(section: string): readonly Row[] {
  const text = page.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? "";
  return [...text.matchAll(/^\| `([\w.]+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ?([^|]*)\|$/gm)].map(
    ([, option = "", connection = "", pool = "", reason = "", remedy = ""]) => ({
      option,
      connection,
      pool,
      reason,
      remedy: remedy.trim(),
    }),
  );
}

const tables = {
  pg: rowsOf("node-postgres"),
  mysql2: rowsOf("mysql2"),
  kysely: rowsOf("Kysely"),
} as const;

const namesIn = (rows: readonly Row[]): string[] => rows.map(({ option }) => option);
const passedOn = (rows: readonly Row[], place: "connection" | "pool"): string[] =>
  namesIn(rows.filter((row) => row[place] === "passed on"));

async function source(path: string): Promise<string> {
  return await readFile(new URL(`../../node_modules/${path}`, import.meta.url), "utf8");
}

/** Names of the members of an interface in a declaration file. */
function membersOf(text: string, name: string): string[] {
  const body =
    new RegExp(`(?:interface|class) ${name}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}`, "m").exec(text)?.[1] ?? "";
  const indent = /^( +)(?:readonly )?\w+\??:/m.exec(body)?.[1] ?? "  ";
  return [...body.matchAll(new RegExp(`^${indent}(?:readonly )?(\\w+)\\??:`, "gm"))].flatMap(
    ([, member]) => member ?? [],
  );
}

const namesMatching = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].flatMap(([, name]) => name ?? []);

const PG_DECLARATIONS = "@types/pg/index.d.ts";

/** What node-postgres looks at, by its types and by its own code. */
async function pgOptionNames(folder: string): Promise<Set<string>> {
  const [types, client, parameters, pool] = await Promise.all([
    source(PG_DECLARATIONS),
    source(`${folder}/lib/client.js`),
    source(`${folder}/lib/connection-parameters.js`),
    source("pg-pool/index.js"),
  ]);
  return new Set([
    ...membersOf(types, "ClientConfig"),
    ...membersOf(types, "PoolConfig"),
    ...namesMatching(client, /\bc\.(\w+)/g),
    ...namesMatching(parameters, /\bval\('(\w+)'/g),
    ...namesMatching(parameters, /\bconfig\.(\w+)/g),
    ...namesMatching(pool, /\boptions\.(\w+)/g),
  ]);
}

async function mysqlOptionNames(folder: string): Promise<Set<string>> {
  const [config, connection, pool] = await Promise.all([
    source(`${folder}/lib/connection_config.js`),
    source(`${folder}/typings/mysql/lib/Connection.d.ts`),
    source(`${folder}/typings/mysql/lib/Pool.d.ts`),
  ]);
  const valid = /const validOptions = \{([\s\S]*?)\};/.exec(config)?.[1] ?? "";
  return new Set([
    ...namesMatching(valid, /^ {2}(\w+): 1/gm),
    ...membersOf(connection, "ConnectionOptions"),
    ...membersOf(pool, "PoolOptions"),
  ]);
}

async function kyselyOptionNames(folder: string): Promise<Set<string>> {
  const [postgres, mysqlConfig, kysely] = await Promise.all([
    source(`${folder}/dialect/postgres/postgres-dialect-config.d.ts`),
    source(`${folder}/dialect/mysql/mysql-dialect-config.d.ts`),
    source(`${folder}/kysely.d.ts`),
  ]);
  return new Set([
    ...membersOf(postgres, "PostgresDialectConfig"),
    ...membersOf(mysqlConfig, "MysqlDialectConfig"),
    ...membersOf(kysely, "KyselyConfig"),
  ]);
}

describe.each([
  { driver: "pg", newest: () => pgOptionNames("pg"), oldest: () => pgOptionNames("pg-8.16"), atLeast: 35 },
  {
    driver: "mysql2",
    newest: () => mysqlOptionNames("mysql2"),
    oldest: () => mysqlOptionNames("mysql2-3.15"),
    atLeast: 50,
  },
  {
    driver: "kysely",
    newest: () => kyselyOptionNames("kysely/dist"),
    oldest: () => kyselyOptionNames("kysely-0.28/dist/esm"),
    atLeast: 8,
  },
] as const)("the table of $driver", ({ driver, newest, oldest, atLeast }) => {
  test("has each option of the driver once, and no other", async () => {
    const names = namesIn(tables[driver]);
    expect(names.length).toBeGreaterThanOrEqual(atLeast);
    expect(names.toSorted()).toEqual([...(await newest())].toSorted());
  });

  test("has each option of the oldest version that is supported", async () => {
    const names = namesIn(tables[driver]);
    expect([...(await oldest())].filter((name) => !names.includes(name))).toEqual([]);
  });
});

test.each([
  { version: "0.45", folder: "drizzle-orm", column: "connection", own: ["mode"] },
  { version: "1.0", folder: "drizzle-orm-1", column: "pool", own: ["codecs"] },
] as const)("the table of Drizzle passes on each option of $version, and no other", async (row) => {
  const { folder, column, own } = row;
  const names = membersOf(await source(`${folder}/utils.d.ts`), "DrizzleConfig");
  expect(names).toContain("logger");
  expect(passedOn(rowsOf("Drizzle"), column).toSorted()).toEqual([...names, ...own].toSorted());
});

const PLACE = {
  host: "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com",
  user: "app",
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/EXAMPLEKEY" },
};

/** Makes a connection's options, a pool or an adapter of one driver with one more option. */
type Create = (options: object) => unknown;

const creators: Readonly<
  Record<keyof typeof tables, { connection: readonly Create[]; pool: readonly Create[] }>
> = {
  pg: {
    connection: [
      (options) => adapterPg.connectionOptions({ ...PLACE, ...options }),
      (options) => adapterPg.pgAdapter(options).create(resolveOptions(PLACE, "postgres")),
      (options) => kyselyPostgres.kyselyAdapter(options).create(resolveOptions(PLACE, "postgres")),
    ],
    pool: [
      (options) => adapterPg.createPool({ ...PLACE, ...options }),
      (options) => new kyselyPostgres.RdsProxyDialect({ ...PLACE, ...options }),
    ],
  },
  mysql2: {
    connection: [
      (options) => adapterMysql2.connectionOptions({ ...PLACE, ...options }),
      (options) => adapterMysql2.mysql2Adapter(options).create(resolveOptions(PLACE, "mysql")),
      (options) => kyselyMysql.kyselyAdapter(options).create(resolveOptions(PLACE, "mysql")),
    ],
    pool: [
      (options) => preparePool({ ...PLACE, ...options }),
      (options) => new kyselyMysql.RdsProxyDialect({ ...PLACE, ...options }),
    ],
  },
  kysely: {
    connection: [
      (options) => kyselyPostgres.kyselyAdapter(options),
      (options) => kyselyMysql.kyselyAdapter(options),
    ],
    pool: [
      (options) => new kyselyPostgres.RdsProxyDialect({ ...PLACE, ...options }),
      (options) => new kyselyMysql.RdsProxyDialect({ ...PLACE, ...options }),
    ],
  },
};

/** A value that no option takes for none. */
const SOME_VALUE = Object.freeze(["a value"]);

const refusals = (["pg", "mysql2", "kysely"] as const).flatMap((driver) =>
  (["connection", "pool"] as const).flatMap((place) =>
    tables[driver]
      // Kysely's own options of the same name as the driver's are refused by Kysely's adapter.
      .filter((row) => row[place] === "refused" || row[place] === "instances")
      .map((row) => ({ driver, place, ...row })),
  ),
);

test.each(refusals)(
  "$option of $driver is refused for a $place with the reason and the way out that the table gives",
  ({ driver, place, option, reason, remedy }) => {
    const kyselyNames = namesIn(tables.kysely);
    for (const create of creators[driver][place]) {
      // In Kysely's dialects and adapters an option of that name is Kysely's.
      if (driver === "mysql2" && kyselyNames.includes(option) && create !== creators[driver][place][0])
        continue;
      expect(() => create({ [option]: SOME_VALUE })).toThrow(
        expect.objectContaining({
          code: "RDS_PROXY_INVALID_OPTION",
          message: `${option}: not an option here. ${reason} ${remedy}`,
        }),
      );
    }
  },
);

test.each(["pg", "mysql2"] as const)(
  "the own options in the table of %s are options of this library",
  (driver) => {
    const own = namesIn(tables[driver].filter(({ connection }) => connection === "own option"));
    expect(own).toEqual(["host", "port", "user", "database", "ssl"]);
    for (const name of own) expect(RDS_PROXY_OPTION_NAMES).toContain(name);
  },
);

test.each(
  (["pg", "mysql2"] as const).flatMap((driver) =>
    tables[driver].filter(({ connection }) => connection === "–").map(({ option }) => ({ driver, option })),
  ),
)("$option of $driver is not known for a connection without a pool", ({ driver, option }) => {
  expect(() => creators[driver].connection[0]?.({ [option]: SOME_VALUE })).toThrow(
    `${option}: not a known option.`,
  );
});

test.each(
  [...page.matchAll(/^\| `(ssl\.\w+)` \| ([^|]*) \| ([^|]*) \| ([^|]*)\|$/gm)].map((match) => match.slice(1)),
)("%s is %s, as the table says", (name = "", status = "", reason = "", remedy = "") => {
  const member = name.slice("ssl.".length);
  const make = (value: unknown) => () => adapterPg.connectionOptions({ ...PLACE, ssl: { [member]: value } });
  if (status === "passed on") {
    expect(make(undefined)).not.toThrow();
    expect(make(42)).toThrow(`${name}: expected `);
    return;
  }
  expect(make(false)).toThrow(`${name}: not an option here. ${reason} ${remedy.trim()}`);
  if (status === "`true` only") expect(make(true)).not.toThrow();
});

test.each(["cert", "key", "pfx", "passphrase", "ciphers", "crl", "ALPNProtocols"])(
  "ssl.%s is refused with the sentence of the table",
  (member) => {
    const row = page.split("\n").find((line) => line.startsWith("| `ssl.cert`")) ?? "";
    const [, , , reason, remedy] = row.split("|").map((cell) => cell.trim());
    expect(() => adapterPg.connectionOptions({ ...PLACE, ssl: { [member]: "x" } })).toThrow(
      `ssl.${member}: not a known option. ${reason}: ${remedy}`,
    );
  },
);

/** A class that a user may bring. */
class OtherPromise<T> extends Promise<T> {}

/** An option with a value, and what is seen of it: once with it, and once without where it has an effect. */
interface Observation<Db, Options> {
  readonly options: Options;
  /** The same option with another effect, or none. Default: not given. */
  readonly otherwise?: Options;
  readonly see: (db: Db) => unknown;
  readonly hasNoEffect?: boolean;
}

/** What the sockets were told about keep-alive while `work` ran, which opens one. */
async function keepAlives<T>(work: () => Promise<T>): Promise<{ result: T; calls: unknown[][] }> {
  const spy = vi.spyOn(Socket.prototype, "setKeepAlive");
  try {
    const result = await work();
    return { result, calls: spy.mock.calls };
  } finally {
    spy.mockRestore();
  }
}

let pgProxy: LocalProxy;
let mysqlProxy: LocalProxy;
beforeAll(async () => {
  for (const engine of testedEngines) {
    const proxy = await startLocalProxy({ engine, upstream: inject(engine) });
    if (engine === "postgres") pgProxy = proxy;
    else mysqlProxy = proxy;
  }
});
afterAll(async () => {
  if (testedEngines.includes("postgres")) await pgProxy.close();
  if (testedEngines.includes("mysql")) await mysqlProxy.close();
});

interface SeenPg {
  readonly client: pg.ClientBase;
  readonly keepAlives: unknown[][];
}

const queried =
  (text: string, values?: unknown[]) =>
  async ({ client }: SeenPg): Promise<unknown> =>
    await client.query(text, values).then(
      ({ rows, fields }) => ({ rows, formats: fields.map(({ format }) => format) }),
      (error: Error) => error.message,
    );
const property =
  (name: string) =>
  ({ client }: SeenPg): unknown =>
    Reflect.get(client, name);
const applicationName = queried("select current_setting('application_name') as name");

const pgObservations: Readonly<Record<string, Observation<SeenPg, adapterPg.PgOptions>>> = {
  application_name: { options: { application_name: "orders" }, see: applicationName },
  fallback_application_name: { options: { fallback_application_name: "orders" }, see: applicationName },
  types: {
    options: { types: { getTypeParser: () => () => "parsed" } },
    see: queried("select 1 as one"),
  },
  query_timeout: { options: { query_timeout: 30 }, see: queried("select 1 as one from pg_sleep(0.3)") },
  keepAlive: { options: { keepAlive: true }, see: ({ keepAlives: calls }) => calls },
  keepAliveInitialDelayMillis: {
    options: { keepAlive: true, keepAliveInitialDelayMillis: 5000 },
    otherwise: { keepAlive: true },
    see: ({ keepAlives: calls }) => calls,
  },
  binary: { options: { binary: true }, see: queried("select $1::int4 as n", [7]) },
  client_encoding: {
    options: { client_encoding: "latin1" },
    see: queried("select current_setting('client_encoding') as encoding, 'ü' as text"),
    hasNoEffect: true,
  },
  enableChannelBinding: { options: { enableChannelBinding: true }, see: property("enableChannelBinding") },
  scramMaxIterations: { options: { scramMaxIterations: 4096 }, see: property("scramMaxIterations") },
  Promise: {
    options: { Promise: OtherPromise },
    see: async ({ client }) => {
      // The second one waits for the first.
      const queries = [client.query("select 1"), client.query("select 2")];
      await Promise.all(queries);
      return queries.map((query) => query instanceof OtherPromise);
    },
  },
};

async function seeOnClient(
  config: pg.ClientConfig,
  see: Observation<SeenPg, unknown>["see"],
): Promise<unknown> {
  const client = new pg.Client(config);
  const { calls } = await keepAlives(() => client.connect());
  try {
    return await see({ client, keepAlives: calls });
  } finally {
    await client.end();
  }
}

async function seeOnPoolClient(
  options: adapterPg.PgOptions,
  see: Observation<SeenPg, unknown>["see"],
): Promise<unknown> {
  const pool = adapterPg.createPool({ ...connectTo(pgProxy), ...options });
  const { result: client, calls } = await keepAlives(() => pool.connect());
  try {
    return await see({ client, keepAlives: calls });
  } finally {
    client.release(true);
    await pool.end();
  }
}

describeOn("postgres", "an option of node-postgres", () => {
  test("is observed if it is passed on", () => {
    expect(Object.keys(pgObservations).toSorted()).toEqual(passedOn(tables.pg, "connection").toSorted());
  });

  test.each(Object.entries(pgObservations))(
    "%s has the effect that it has in node-postgres by itself",
    async (_, { options, otherwise = {}, see, hasNoEffect = false }) => {
      const place = connectTo(pgProxy);
      const bare = await seeOnClient({ ...inject("postgres"), ...options }, see);
      expect(await seeOnClient(adapterPg.connectionOptions({ ...place, ...options }), see)).toEqual(bare);
      expect(await seeOnPoolClient(options, see)).toEqual(bare);
      const without = await seeOnClient(adapterPg.connectionOptions({ ...place, ...otherwise }), see);
      if (hasNoEffect) expect(without).toEqual(bare);
      else expect(without).not.toEqual(bare);
    },
  );
});

describeOn("postgres", "an option of node-postgres for instances", () => {
  const values: Readonly<Record<string, unknown>> = {
    statement_timeout: 1000,
    lock_timeout: 1000,
    idle_in_transaction_session_timeout: 1000,
    options: "-c geqo=off",
    replication: "database",
    sslnegotiation: "direct",
  };

  test("has a value here for each that the table names", () => {
    const names = namesIn(tables.pg.filter(({ connection }) => connection === "instances"));
    expect(Object.keys(values).toSorted()).toEqual(names.toSorted());
  });

  // The local proxy refuses them, as RDS Proxy does, and so shows that they arrive.
  test.each(Object.entries(values))("%s arrives as it does by node-postgres itself", async (name, value) => {
    const proxy = await startProxyFor(INSTANCE_ROUTE, "postgres");
    const { host, port, user, database, ssl } = connectTo(proxy);
    const failureOf = async (config: pg.ClientConfig): Promise<unknown> => {
      const client = new pg.Client(config);
      client.on("error", () => undefined);
      return await client.connect().then(
        () => client.end(),
        ({ code, message }: { code?: string; message: string }) => ({ code, message }),
      );
    };
    const ours = await failureOf(
      adapterPg.connectionOptions({ ...INSTANCE_ROUTE.options(proxy), [name]: value }),
    );
    const bare = { host, port, user, database, ssl, password: "not needed for it" };
    expect(ours).toEqual(await failureOf({ ...bare, [name]: value }));
    expect(ours).toMatchObject({ message: expect.any(String) });
  });
});

describeOn("postgres", "an option of pg.Pool", () => {
  const log: string[] = [];
  const remember = (...words: unknown[]): void => {
    log.push(String(words[0]));
  };
  const config =
    (name: string) =>
    async (pool: pg.Pool): Promise<unknown> =>
      Reflect.get(pool.options, name);
  const usedBy = async (pool: pg.Pool): Promise<unknown> => {
    const clients = new Set<object>();
    for (let use = 0; use < 4; use++) {
      const client = await pool.connect();
      clients.add(client);
      client.release();
    }
    return clients.size;
  };
  const setUp = async (pool: pg.Pool): Promise<unknown> => {
    const client = await pool.connect();
    const { rows } = await client.query("select current_setting('app.made_by', true) as made_by");
    client.release();
    return { rows, again: await pool.query("select 1 as one").then(({ rows: more }) => more) };
  };
  const failing = (error: Error) => async (pool: pg.Pool) => {
    const attempt = (): Promise<unknown> =>
      pool.connect().then(
        (client) => client.release(),
        (thrown: unknown) => thrown,
      );
    const thrown = [await attempt(), await attempt(), await pool.query("select 1").catch((e: unknown) => e)];
    return { areSame: thrown.map((each) => each === error), left: pool.totalCount };
  };
  const noSetUp = new Error("no set-up");
  const notVerified = new Error("not verified");

  const observations: Readonly<
    Record<string, readonly Observation<pg.Pool, Omit<adapterPg.PgPoolOptions, keyof RdsProxyOptions>>[]>
  > = {
    min: [{ options: { min: 1 }, see: config("min") }],
    idleTimeoutMillis: [{ options: { idleTimeoutMillis: 60_000 }, see: config("idleTimeoutMillis") }],
    allowExitOnIdle: [{ options: { allowExitOnIdle: false }, see: config("allowExitOnIdle") }],
    maxUses: [{ options: { maxUses: 2 }, see: usedBy }],
    maxLifetimeSeconds: [{ options: { maxLifetimeSeconds: 60 }, see: config("maxLifetimeSeconds") }],
    log: [
      {
        options: { log: remember },
        see: async (pool) => {
          log.length = 0;
          await pool.query("select 1");
          return log.includes("new client connected") && log.includes("query dispatched");
        },
      },
    ],
    verify: [
      {
        options: {
          verify: (client, done) =>
            client.query("set app.made_by = 'verify'", (error: Error | null) => done(error ?? undefined)),
        },
        see: setUp,
      },
      { options: { verify: (_client, done) => done(notVerified) }, see: failing(notVerified) },
    ],
    onConnect: [
      {
        options: { onConnect: async (client) => void (await client.query("set app.made_by = 'onConnect'")) },
        see: setUp,
      },
      { options: { onConnect: () => Promise.reject(noSetUp) }, see: failing(noSetUp) },
    ],
  };

  test("is observed, each that is passed on to a pool only", () => {
    const names = namesIn(
      tables.pg.filter(({ connection, pool }) => connection === "–" && pool === "passed on"),
    );
    expect(Object.keys(observations).toSorted()).toEqual(names.toSorted());
  });

  test.each(
    Object.entries(observations).flatMap(([name, all]) =>
      all.map((observation) => ({ name, ...observation })),
    ),
  )("$name has the effect that it has in pg.Pool by itself", async ({ options, see }) => {
    const seen = async (pool: pg.Pool): Promise<unknown> => {
      try {
        return await see(pool);
      } finally {
        await pool.end();
      }
    };
    const bare = await seen(new pg.Pool({ ...inject("postgres"), max: 1, idleTimeoutMillis: 0, ...options }));
    expect(await seen(adapterPg.createPool({ ...connectTo(pgProxy), ...options }))).toEqual(bare);
    const without = adapterPg.createPool(connectTo(pgProxy));
    onTestFinished(() => without.end());
    expect(await see(without)).not.toEqual(bare);
  });

  test("Promise is also what a pool's own methods return", async () => {
    const pool = adapterPg.createPool({ ...connectTo(pgProxy), Promise: OtherPromise });
    const connected = pool.connect();
    expect(connected).toBeInstanceOf(OtherPromise);
    (await connected).release();
    const queried = pool.query("select 1");
    expect(queried).toBeInstanceOf(OtherPromise);
    await queried;
    await pool.end();
  });

  test("onConnect that fails costs one login for each caller, and is not tried again", async () => {
    const before = pgProxy.metrics().ClientConnectionsReceived;
    let calls = 0;
    const pool = adapterPg.createPool({
      ...connectTo(pgProxy),
      onConnect: () => {
        calls++;
        throw Object.assign(new Error("too many connections for this statement"), { code: "53300" });
      },
    });
    await expect(pool.query("select 1")).rejects.toMatchObject({ code: "53300" });
    expect(calls).toBe(1);
    expect(pgProxy.metrics().ClientConnectionsReceived - before).toBe(1);
    await pool.end();
  });
});

interface SeenMysql {
  readonly connection: mysql.Connection;
  readonly keepAlives: unknown[][];
}

/** The configuration that mysql2 itself reads. */
const configOf = ({ connection }: SeenMysql): object =>
  Object(Reflect.get(Object(Reflect.get(connection, "connection")), "config"));
const setting =
  (name: string) =>
  (seen: SeenMysql): unknown =>
    Reflect.get(configOf(seen), name);
const answer =
  (sql: string, values?: Record<string, number>) =>
  async ({ connection }: SeenMysql): Promise<unknown> =>
    await connection.query({ sql, ...(values && { values }) }).then(
      ([rows]) => rows,
      (error: Error) => error.message,
    );
const dateOf = answer("select cast('2026-05-06 07:08:09' as datetime) as at");
const factory = (): Readable => Readable.from([]);

const mysqlObservations: Readonly<Record<string, Observation<SeenMysql, adapterMysql2.Mysql2Options>>> = {
  bigNumberStrings: {
    options: { supportBigNumbers: true, bigNumberStrings: true },
    otherwise: { supportBigNumbers: true },
    see: answer("select 9007199254740993 - 9007199254740992 as n"),
  },
  charset: { options: { charset: "utf8mb4_bin" }, see: answer("select @@collation_connection as c") },
  charsetNumber: { options: { charsetNumber: 46 }, see: answer("select @@collation_connection as c") },
  connectAttributes: {
    options: { connectAttributes: { program_name: "orders" } },
    see: setting("connectAttributes"),
  },
  dateStrings: { options: { dateStrings: true }, see: dateOf },
  decimalNumbers: {
    options: { decimalNumbers: true },
    see: answer("select cast(1.5 as decimal(3, 1)) as n"),
  },
  disableEval: { options: { disableEval: true }, see: setting("disableEval") },
  enableCleartextPlugin: {
    options: { enableCleartextPlugin: true },
    see: answer("select 1 as one"),
    hasNoEffect: true,
  },
  enableKeepAlive: { options: { enableKeepAlive: false }, see: ({ keepAlives: calls }) => calls },
  keepAliveInitialDelay: { options: { keepAliveInitialDelay: 5000 }, see: ({ keepAlives: calls }) => calls },
  flags: { options: { flags: ["-FOUND_ROWS", "INTERACTIVE"] }, see: setting("clientFlags") },
  gracefulEnd: { options: { gracefulEnd: true }, see: setting("gracefulEnd") },
  infileStreamFactory: { options: { infileStreamFactory: factory }, see: setting("infileStreamFactory") },
  insecureAuth: { options: { insecureAuth: true }, see: setting("insecureAuth") },
  jsonStrings: { options: { jsonStrings: true }, see: setting("jsonStrings") },
  localAddress: { options: { localAddress: "127.0.0.1" }, see: setting("localAddress") },
  maxPreparedStatements: { options: { maxPreparedStatements: 10 }, see: setting("maxPreparedStatements") },
  multipleStatements: {
    options: { multipleStatements: true },
    see: answer("select 1 as one; select 2 as two"),
  },
  namedPlaceholders: { options: { namedPlaceholders: true }, see: answer("select :n as n", { n: 7 }) },
  nestTables: { options: { nestTables: true }, see: answer("select t.n from (select 1 as n) as t") },
  Promise: {
    options: { Promise: OtherPromise },
    see: async ({ connection }) => {
      const query = connection.query("select 1");
      await query;
      return query instanceof OtherPromise;
    },
  },
  queryFormat: {
    options: {
      queryFormat: (query: string, values: unknown) => query.replace("{}", String(Object(values).n)),
    },
    see: answer("select {} as n", { n: 7 }),
  },
  rowsAsArray: { options: { rowsAsArray: true }, see: answer("select 1 as one") },
  stringifyObjects: {
    options: { stringifyObjects: true },
    see: ({ connection }) => connection.format("update t set ?", { a: 1 }),
  },
  supportBigNumbers: { options: { supportBigNumbers: true }, see: answer("select 9007199254740993 as n") },
  timezone: { options: { timezone: "+09:00" }, see: dateOf },
  trace: { options: { trace: false }, see: setting("trace") },
  typeCast: { options: { typeCast: false }, see: answer("select 1 as one") },
};

async function seeOnConnection(
  open: () => Promise<mysql.Connection>,
  see: Observation<SeenMysql, unknown>["see"],
  close: (connection: mysql.Connection) => Promise<void> = (connection) => connection.end(),
): Promise<unknown> {
  const { result: connection, calls } = await keepAlives(open);
  try {
    return await see({ connection, keepAlives: calls });
  } finally {
    await close(connection);
  }
}

describeOn("mysql", "an option of mysql2", () => {
  test("is observed if it is passed on", () => {
    expect(Object.keys(mysqlObservations).toSorted()).toEqual(
      passedOn(tables.mysql2, "connection").toSorted(),
    );
  });

  test.each(Object.entries(mysqlObservations))(
    "%s has the effect that it has in mysql2 by itself",
    async (_, { options, otherwise = {}, see, hasNoEffect = false }) => {
      const { host, port, user, password, database } = inject("mysql");
      const bareConfig: ConnectionOptions = { host, port, user, database, ...(password && { password }) };
      const open = (config: ConnectionOptions) => () => mysql.createConnection(config);
      const bare = await seeOnConnection(open({ ...bareConfig, ...options }), see);
      const place = connectTo(mysqlProxy);
      const ours = (own: adapterMysql2.Mysql2Options) =>
        seeOnConnection(open(adapterMysql2.connectionOptions({ ...place, ...own })), see);
      expect(await ours(options)).toEqual(bare);
      const pool = adapterMysql2.createPool({ ...place, ...options });
      onTestFinished(() => pool.end());
      expect(
        await seeOnConnection(
          () => pool.getConnection(),
          see,
          async (connection) => connection.destroy(),
        ),
      ).toEqual(bare);
      const without = await ours(otherwise);
      if (hasNoEffect) expect(without).toEqual(bare);
      else expect(without).not.toEqual(bare);
    },
  );
});

describeOn("mysql", "an option of mysql2's pool", () => {
  const values: Readonly<Record<string, unknown>> = {
    maxIdle: 0,
    idleTimeout: 5000,
    queueLimit: 3,
    waitForConnections: false,
  };

  test("has a value here for each that the table names", () => {
    const names = namesIn(
      tables.mysql2.filter(({ connection, pool }) => connection === "–" && pool === "passed on"),
    );
    expect(Object.keys(values).toSorted()).toEqual(names.toSorted());
  });

  test.each(Object.entries(values))("%s reaches it", async (name, value) => {
    const pool = adapterMysql2.createPool({ ...connectTo(mysqlProxy), [name]: value });
    onTestFinished(() => pool.end());
    const bare = mysql.createPool({ ...inject("mysql"), connectionLimit: 1, [name]: value });
    onTestFinished(() => bare.end());
    const configured = (each: mysql.Pool): unknown =>
      Reflect.get(Object(Reflect.get(each.pool, "config")), name);
    expect(configured(pool)).toBe(value);
    expect(configured(bare)).toBe(value);
  });

  test("waitForConnections: false turns callers away at once while all connections are in use", async () => {
    const pool = adapterMysql2.createPool({ ...connectTo(mysqlProxy), waitForConnections: false });
    onTestFinished(() => pool.end());
    const connection = await pool.getConnection();
    await expect(pool.query("select 1")).rejects.toMatchObject({
      code: "RDS_PROXY_NO_FREE_CONNECTION",
      cause: { message: "No connections available." },
    });
    connection.release();
    await pool.query("select 1");
  });
});

test("the installed drivers are those whose lists were read", () => {
  expect(require.resolve("pg")).toContain("node_modules/pg/");
  expect(require.resolve("mysql2")).toContain("node_modules/mysql2/");
});
