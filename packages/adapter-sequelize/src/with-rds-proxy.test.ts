import { type Adapter, deadlineIn, resolveOptions } from "@rds-proxy/core/adapter";
import mysql2 from "mysql2";
import { type ConnectionOptions, type Options, QueryTypes, Sequelize } from "sequelize";
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  type Answer,
  AUTOCOMMIT,
  type MysqlStub,
  startMysqlStub,
} from "../../adapter-mysql2/src/testing/mysql-stub.js";
import { createCertificates, type TestCertificates } from "../../core/src/testing/certificates.js";
import { sequelizeAdapter } from "./sequelize-adapter.js";
import { sequelizeInternals } from "./sequelize-internals.js";
import { withRdsProxy } from "./with-rds-proxy.js";

const PROXY = "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com";
const INSTANCE = "db-1.abcdefghijkl.eu-west-1.rds.amazonaws.com";
const place = { host: PROXY, username: "app", database: "shop" };

afterEach(() => vi.unstubAllEnvs());

describe("options for Sequelize", () => {
  it("take the endpoint from the environment by default", () => {
    vi.stubEnv("RDS_PROXY_ENDPOINT", `${PROXY}:6432`);
    vi.stubEnv("RDS_PROXY_USER", "app");
    vi.stubEnv("RDS_PROXY_DATABASE", "shop");
    expect(withRdsProxy({ dialect: "postgres" })).toMatchObject({
      host: PROXY,
      port: 6432,
      username: "app",
      database: "shop",
    });
  });

  it("avoid SET and allow one connection on PostgreSQL", () => {
    expect(withRdsProxy({ dialect: "postgres", ...place })).toMatchObject({
      databaseVersion: "9.5.0+unknown",
      standardConformingStrings: true,
      dialectOptions: { clientMinMessages: "ignore" },
      pool: { max: 1, min: 0 },
    });
  });

  it("avoid SET and allow one connection on MySQL", () => {
    expect(withRdsProxy({ dialect: "mysql", ...place })).toMatchObject({
      databaseVersion: "5.7.0+unknown",
      pool: { max: 1, min: 0 },
    });
  });

  it("have a pool without reconnects, whose errors show why a connect failed, and no second attempt of a statement", () => {
    const own = { acquireTimeoutMs: 7000, connectTimeoutMs: 300 };
    expect(withRdsProxy({ dialect: "postgres", ...place }, own)).toMatchObject({
      pool: { max: 1, min: 0, idle: 82_800_000, evict: 60_000, acquire: 7300 },
      retry: { max: 1, $current: Number.POSITIVE_INFINITY },
    });
  });

  it("have the version from the first login if 0 is given, as Sequelize's own default is", () => {
    const options = withRdsProxy({ dialect: "postgres", ...place, databaseVersion: 0 });
    expect(options).toMatchObject({ databaseVersion: "9.5.0+unknown" });
  });

  it("have no user and no database where they are known later only", () => {
    const options = withRdsProxy({ dialect: "postgres", host: PROXY }, { secret: { secretId: "prod/shop" } });
    expect(options).not.toHaveProperty("username");
    expect(options).not.toHaveProperty("database");
    expect(withRdsProxy({ dialect: "mysql", host: PROXY, username: "app" })).not.toHaveProperty("database");
  });

  it("take the dialect by its other name", () => {
    const options: unknown = Reflect.apply(withRdsProxy, undefined, [{ ...place, dialect: "postgresql" }]);
    expect(options).toMatchObject({ databaseVersion: "9.5.0+unknown" });
  });

  it("keep the given options, except one that would send a statement twice", () => {
    const logging = (): void => undefined;
    const given: Options = {
      logging,
      timezone: "+02:00",
      define: { underscored: true },
      pool: { max: 5, acquire: 1000 },
      retry: { max: 9, match: [/x/] },
      dialectOptions: { application_name: "orders" },
    };
    const copy = structuredClone({ ...given, logging: undefined });
    const options = withRdsProxy({ ...given, dialect: "postgres", ...place });
    expect(options).toMatchObject({
      logging,
      timezone: "+02:00",
      define: { underscored: true },
      pool: { max: 5, acquire: 1000, min: 0 },
      retry: { max: 1, match: [/x/] },
      dialectOptions: { application_name: "orders", clientMinMessages: "ignore" },
    });
    expect({ ...given, logging: undefined }).toEqual(copy);
  });

  it("treat an explicit undefined as the default", () => {
    const undefinedOptions: object = {
      standardConformingStrings: undefined,
      dialectOptions: { clientMinMessages: undefined, types: undefined },
      pool: { max: undefined },
    };
    expect(withRdsProxy({ dialect: "postgres", ...place, ...undefinedOptions })).toMatchObject({
      standardConformingStrings: true,
      dialectOptions: { clientMinMessages: "ignore" },
      pool: { max: 1 },
    });
    const dialectOptions = { host: undefined, connectionLimit: undefined };
    expect(withRdsProxy({ dialect: "mysql", ...place, dialectOptions }).dialectOptions).toEqual({});
  });

  it.each([undefined, null, "", false])("ignore a password of %o, as Sequelize does", (password) => {
    const given: object = { password };
    expect(() => withRdsProxy({ dialect: "mysql", ...place, ...given })).not.toThrow();
  });

  it("keep a given version", () => {
    const options = withRdsProxy({ dialect: "postgres", ...place, databaseVersion: "16.2.0" });
    expect(options).toMatchObject({ databaseVersion: "16.2.0" });
  });

  describe.each(["postgres", "mysql"] as const)("that are passed again, for %s", (dialect) => {
    const beforeConnect = (): void => undefined;
    const beforeQuery = (): void => undefined;
    const given = { dialect, ...place, hooks: { beforeConnect, beforeQuery }, pool: { max: 3 } };
    const once = withRdsProxy(given, { region: "eu-west-1", connectTimeoutMs: 1234 });
    const { hooks: firstHooks, ...first } = once;

    it("stay the same", () => {
      const { hooks, ...second } = withRdsProxy({ ...given, ...once, dialect });
      expect(second).toEqual(first);
      for (const each of [hooks, firstHooks]) {
        expect(each).toEqual({ beforeConnect: [expect.any(Function), beforeConnect], beforeQuery });
      }
    });

    it("stay the same when they come from an instance", () => {
      const instance = new Sequelize({ ...once, logging: false });
      const { options } = sequelizeInternals(instance);
      const { hooks, ...second } = withRdsProxy({ ...options, dialect });
      expect(second).toMatchObject({ ...first, dialect });
      expect(hooks?.beforeConnect).toEqual([expect.any(Function), beforeConnect]);
    });
  });

  it("contain no token and no credentials", () => {
    const options = withRdsProxy(
      { dialect: "postgres", ...place },
      { credentials: { accessKeyId: "AKIA", secretAccessKey: "very-secret" } },
    );
    expect(JSON.stringify(options)).not.toContain("very-secret");
    expect(new Sequelize({ ...options, logging: false }).config.password).toBeNull();
  });

  it.each([
    [
      "an unknown dialect",
      { dialect: "sqlite" },
      {},
      /^dialect: expected "postgres" or "mysql", received "sqlite"/,
    ],
    ["MariaDB's own dialect", { dialect: "mariadb" }, {}, /For MariaDB take "mysql"/],
    ["a password", { password: "secret" }, {}, /^password: not an option here\. Leave it out/],
    ["ssl", { ssl: true }, {}, /^ssl: .*second argument/],
    ["native bindings", { native: true }, {}, /^native: /],
    ["a module's path", { dialectModulePath: "pg" }, {}, /^dialectModulePath: .*`dialectModule`/],
    [
      "messages to set",
      { dialectOptions: { clientMinMessages: "warning" } },
      {},
      /^dialectOptions\.clientMinMessages: .*pin/,
    ],
    [
      "a search path to set",
      { dialectOptions: { prependSearchPath: true } },
      {},
      /^dialectOptions\.prependSearchPath: .*pin/,
    ],
    ["an isolation level for all", { isolationLevel: "SERIALIZABLE" }, {}, /^isolationLevel: .*pin/],
    [
      "a startup option",
      { dialectOptions: { statement_timeout: 1000 } },
      {},
      /^statement_timeout: .*ALTER ROLE/,
    ],
    [
      "a driver's own ssl",
      { dialectOptions: { ssl: { rejectUnauthorized: false } } },
      {},
      /^ssl: .*always on/,
    ],
    ["dialectOptions that are no object", { dialectOptions: "x" }, {}, /^dialectOptions: expected an object/],
    ["a pool that is no object", { pool: false }, {}, /^pool: expected an object/],
    [
      "an unknown dialect and its remedy",
      { dialect: "mssql" },
      {},
      'dialect: expected "postgres" or "mysql", received "mssql". For MariaDB take "mysql": its driver, mysql2, speaks to both.',
    ],
    [
      "a password, with the remedy",
      { password: "secret" },
      {},
      "password: not an option here. Leave it out: a token is signed for each login; a stored password comes from `secret`.",
    ],
    [
      "ssl, with the remedy",
      { ssl: true },
      {},
      "ssl: not an option here. Verification is always on; extra roots go into the second argument: `{ ssl: { ca } }`.",
    ],
    [
      "native bindings, with the reason",
      { native: true },
      {},
      "native: not an option here. The native bindings of node-postgres have no option for the verification of a certificate.",
    ],
    [
      "a module's path, with the remedy",
      { dialectModulePath: "pg" },
      {},
      "dialectModulePath: not an option here. Pass the module itself: `dialectModule`.",
    ],
    ["a misspelt option", {}, { Region: "eu-west-1" }, /Did you mean `region`/],
    [
      "Sequelize's options in the wrong place",
      {},
      { host: PROXY },
      "host: not a known option. host, port, username, database and pool are options of Sequelize and go into the first argument.",
    ],
    ["a port in the wrong place", {}, { port: 5432 }, /^port: .*first argument/],
    ["a user in the wrong place", {}, { user: "app" }, /^user: .*first argument/],
    ["a database in the wrong place", {}, { database: "shop" }, /^database: .*first argument/],
    ["a size of the pool in the wrong place", {}, { maxConnections: 2 }, /^maxConnections: .*first argument/],
    [
      "preparedStatements that is no boolean",
      {},
      { preparedStatements: 1 },
      "preparedStatements: expected true or false, received 1. Correct it, or leave it out.",
    ],
  ])("are refused with %s", (_, options, rdsProxy, message) => {
    const call = (): unknown =>
      Reflect.apply(withRdsProxy, undefined, [{ dialect: "postgres", ...place, ...options }, rdsProxy]);
    expect(call).toThrow(expect.objectContaining({ code: "RDS_PROXY_INVALID_OPTION" }));
    expect(call).toThrow(message);
  });

  it("take the endpoint of the write replica if there is no other", () => {
    const nothing: object = { host: undefined, port: null, username: null, database: null };
    const replica = { ...place, port: "6432", password: null };
    const replication = { write: replica, read: [{ ...replica, host: `reader.${PROXY}` }] };
    const options = Reflect.apply(withRdsProxy, undefined, [
      { dialect: "postgres", ...nothing, replication },
    ]);
    expect(options).toMatchObject({
      host: PROXY,
      port: 6432,
      username: "app",
      database: "shop",
      replication,
    });
  });

  it("that are no object, and a second argument that is none, are refused", () => {
    for (const args of [[undefined], [null], ["postgres"]]) {
      expect(() => Reflect.apply(withRdsProxy, undefined, args)).toThrow(/^options: expected an object/);
    }
    expect(() => Reflect.apply(withRdsProxy, undefined, [{ dialect: "postgres", ...place }, "x"])).toThrow(
      /^the second argument: expected an object/,
    );
  });

  it.each([
    ["no write replica", { read: [{ host: `reader.${PROXY}` }] }],
    ["no read replica", { write: { host: PROXY } }],
    ["one read replica that is no list", { write: {}, read: { host: `reader.${PROXY}` } }],
    ["no replica at all", {}],
  ])("may have %s, as with Sequelize", (_, replication) => {
    const given = { dialect: "postgres", ...place, replication };
    expect(Reflect.apply(withRdsProxy, undefined, [given])).toMatchObject({ host: PROXY, replication });
  });

  it.each(["6432x", "x6432", "-1", ""])("are refused with the port %j", (port) => {
    const replication = { write: { ...place, port }, read: [] };
    expect(() => withRdsProxy({ dialect: "postgres", ...place, replication })).toThrow(
      /^port: expected a port from 1 to 65535/,
    );
  });

  it.each<[string, ConnectionOptions, boolean]>([
    ["another host", { host: `reader.${PROXY}` }, true],
    ["another port", { port: "6432" }, true],
    ["the same endpoint by name", { host: PROXY, port: "5432" }, false],
    ["no endpoint of its own", {}, false],
  ])("with a signer are refused for a replica with %s: %o", (_, replica, isRefused) => {
    const call = (own: Parameters<typeof withRdsProxy>[1]): unknown =>
      withRdsProxy({ dialect: "postgres", ...place, replication: { write: {}, read: [replica] } }, own);
    expect(() => call({})).not.toThrow();
    const withSigner = () => call({ signer: { getAuthToken: async () => "token" } });
    if (!isRefused) return expect(withSigner).not.toThrow();
    return expect(withSigner).toThrow(
      /^signer: not an option here\. Its tokens are for one endpoint, and `replication` has .* and .*\. Leave it out, so that each token is signed for the endpoint of its connection\.$/,
    );
  });

  it("are resolved once for each endpoint", () => {
    const readsFor = (read: ConnectionOptions[]): number => {
      let reads = 0;
      const retry = {
        get maxAttempts() {
          reads++;
          return 3;
        },
      };
      withRdsProxy({ dialect: "postgres", ...place, replication: { write: {}, read } }, { retry });
      return reads;
    };
    const without = readsFor([]);
    expect(readsFor([{}, { host: PROXY }, place])).toBe(without);
    const others: readonly ConnectionOptions[] = [
      { host: `reader.${PROXY}` },
      { port: "6432" },
      { username: "reader" },
      { database: "archive" },
    ];
    for (const other of others) {
      expect(readsFor([other])).toBeGreaterThan(without);
      expect(readsFor([other, { ...other }])).toBe(readsFor([other]));
    }
  });

  it("are refused with an unknown replica, and with a replica's password", () => {
    const withReplica = (replica: object): unknown =>
      withRdsProxy({
        dialect: "mysql",
        ...place,
        replication: { write: {}, read: [{ host: `reader.${PROXY}`, ...replica }] },
      });
    expect(() => withReplica({})).not.toThrow();
    expect(() => withReplica({ host: "https://reader" })).toThrow(/^host: /);
    expect(() => withReplica({ password: "secret" })).toThrow(/^password: /);
  });

  it("may pin without a proxy", () => {
    const options = {
      dialect: "postgres",
      ...place,
      host: INSTANCE,
      dialectOptions: { prependSearchPath: true },
    } as const;
    expect(withRdsProxy(options)).toMatchObject({ dialectOptions: { prependSearchPath: true } });
  });
});

describe("the adapter", () => {
  it.each([
    ["an endpoint", { host: PROXY }, /^host: .*rdsProxy\(\)/],
    [
      "a port",
      { port: 5432 },
      "port: not an option of the adapter. It is an option of rdsProxy(), or comes from the environment.",
    ],
    [
      "a user",
      { username: "app" },
      "username: not an option of the adapter. It is an option of rdsProxy(), or comes from the environment. Its name there is `user`.",
    ],
    ["a database", { database: "shop" }, /^database: .*rdsProxy\(\)/],
    [
      "replicas",
      { replication: { read: [], write: {} } },
      "replication: not an option of the adapter. An endpoint is an option of rdsProxy(): use one middleware for each, with `contextKey`s of their own.",
    ],
    [
      "a size of the pool",
      { pool: { max: 2 } },
      "pool.max: not an option of the adapter. The number of connections is `maxConnections` of rdsProxy().",
    ],
    [
      "an init that is no function",
      { init: [] },
      "init: expected a function, received a value of type object. Define the models in it.",
    ],
    [
      "a source that is no function",
      { sequelize: {} },
      "sequelize: expected a subclass of Sequelize 6, or a function (options) => new Sequelize(options), received a value of type object. Pass all the options to the constructor, and return the instance.",
    ],
    [
      "preparedStatements that is no boolean",
      { preparedStatements: 1 },
      /^preparedStatements: expected true/,
    ],
    ["an unknown dialect", { dialect: "sqlite" }, /^dialect: expected "postgres" or "mysql"/],
  ])("refuses %s", (_, options, message) => {
    const call = (): unknown =>
      Reflect.apply(sequelizeAdapter, undefined, [{ dialect: "postgres", ...options }]);
    expect(call).toThrow(expect.objectContaining({ code: "RDS_PROXY_INVALID_OPTION" }));
    expect(call).toThrow(message);
  });

  it.each([undefined, null, "postgres"])("refuses options that are %o", (options) => {
    expect(() => Reflect.apply(sequelizeAdapter, undefined, [options])).toThrow(
      /^options: expected an object/,
    );
  });

  it("checks Sequelize's options when the endpoint is known", () => {
    const adapter: Adapter<unknown> = Reflect.apply(sequelizeAdapter, undefined, [
      { dialect: "postgres", password: "secret" },
    ]);
    expect(() => adapter.create(resolveOptions({ host: PROXY, user: "app" }, "postgres"))).toThrow(
      /^password: not an option here/,
    );
  });

  it.each([
    ["postgres", "postgres"],
    ["postgresql", "postgres"],
    ["mysql", "mysql"],
  ] as const)("takes the dialect %s for %s", (dialect, engine) => {
    const adapter: Adapter<unknown> = Reflect.apply(sequelizeAdapter, undefined, [
      { dialect, logging: false, pool: { acquire: 1000 } },
    ]);
    expect(adapter.engine).toBe(engine);
    expect(adapter.create(resolveOptions({ host: PROXY, user: "app" }, engine))).toBeDefined();
  });

  describe("whose init returns models", () => {
    const created = (init: (sequelize: Sequelize) => unknown): unknown =>
      sequelizeAdapter({ dialect: "postgres", logging: false, init }).create(
        resolveOptions({ host: PROXY, user: "app" }, "postgres"),
      );

    it("refuses one under another name, which `db.models` does not have", () => {
      expect(() => created((sequelize) => ({ Order: sequelize.define("OrderOfShop", {}) }))).toThrow(
        'init: expected each model under its own name, received the model "OrderOfShop" as "Order". Change the key, or the model\'s name.',
      );
    });

    it.each([
      ["under their names", (sequelize: Sequelize) => ({ Order: sequelize.define("Order", {}) })],
      ["in a list", (sequelize: Sequelize) => ({ all: [sequelize.define("Order", {})] })],
      ["not at all", (sequelize: Sequelize) => void sequelize.define("Order", {})],
      ["and no model", () => null],
    ])("takes them %s", (_, init) => {
      expect(created(init)).toBeDefined();
    });
  });

  it.each([
    ["nothing", () => undefined, /^sequelize: .*received a function that returned something else/],
    ["null", () => null, /^sequelize: .*received a function that returned something else/],
    ["no Sequelize", () => ({ getDialect: () => "postgres" }), /received a function that returned something/],
    [
      "another Sequelize",
      () => ({ getDialect: () => "postgres", getQueryInterface: true }),
      /received a function that returned something else/,
    ],
    [
      "an older Sequelize",
      () => ({ getDialect: "postgres", getQueryInterface: () => undefined }),
      /received a function that returned something else/,
    ],
    [
      "another dialect",
      () => new Sequelize({ dialect: "mysql", logging: false }),
      /^sequelize: .*received an instance of the dialect mysql, made with other options\. Pass all the options/,
    ],
  ])("refuses a function that makes %s", (_, sequelize, message) => {
    const adapter: Adapter<unknown> = Reflect.apply(sequelizeAdapter, undefined, [
      { dialect: "postgres", sequelize },
    ]);
    expect(() => adapter.create(resolveOptions({ host: PROXY, user: "app" }, "postgres"))).toThrow(message);
  });
});

describe("an instance with these options", () => {
  let certificates: TestCertificates;
  beforeAll(async () => {
    certificates = await createCertificates("localhost");
  });

  const access = () => ({
    region: "eu-west-1",
    credentials: { accessKeyId: "AKIA", secretAccessKey: "secret" },
    ssl: { ca: certificates.ca },
  });
  const startStub = (answer?: Answer): Promise<MysqlStub> => startMysqlStub(certificates, answer);

  function connectWith(
    { port }: MysqlStub,
    own: Omit<Options, "dialect"> = {},
    rdsProxy: Parameters<typeof withRdsProxy>[1] = {},
  ): Sequelize {
    const endpoint = { host: "localhost", port, username: "app", database: "shop" };
    const sequelize = new Sequelize(
      withRdsProxy(
        { dialect: "mysql", dialectModule: mysql2, logging: false, ...endpoint, ...own },
        { ...access(), ...rdsProxy },
      ),
    );
    onTestFinished(() => sequelize.close());
    return sequelize;
  }

  it("keeps a connection with what the user's hook has set up, and replaces one that a statement changed", async () => {
    const stub = await startStub();
    const afterConnect = (connection: unknown) =>
      new Promise<void>((resolve) =>
        Reflect.apply(Reflect.get(Object(connection), "query"), connection, ["set @a = 1", resolve]),
      );
    const sequelize = connectWith(stub, { hooks: { afterConnect } }, { sessionState: "discard" });
    await sequelize.query("do 1");
    await sequelize.query("do 2");
    expect(stub.connects).toBe(1);
    await sequelize.query("set @b = 1");
    await sequelize.query("do 3");
    expect(stub.connects).toBe(2);
  });

  it.each([
    [undefined, ["do 1"]],
    ["+00:00", ["SET time_zone = '+00:00'", "do 1"]],
  ])(
    "gives the adapter's options for the driver to each connection, with the time zone %s",
    async (timezone, sent) => {
      const stub = await startStub();
      const adapter = sequelizeAdapter({
        dialect: "mysql",
        dialectModule: mysql2,
        logging: false,
        dialectOptions: { connectAttributes: { program_name: "orders" } },
        ...(timezone !== undefined && { timezone }),
      });
      const resolved = resolveOptions(
        { host: "localhost", port: stub.port, user: "app", database: "shop", ...access() },
        "mysql",
      );
      const resource = adapter.create(resolved);
      onTestFinished(() => resource.close());
      const { db } = await resource.acquire(deadlineIn(5000, resolved.runtime.clock));
      await db.query("do 1");
      expect(stub.responses.map((response) => response.includes("orders"))).toEqual([true]);
      expect(stub.commands).toEqual(sent);
    },
  );

  it("gives its options for the driver to each connection", async () => {
    const stub = await startStub();
    const sequelize = connectWith(stub, {
      dialectOptions: { connectAttributes: { program_name: "orders" } },
    });
    await sequelize.query("do 1");
    expect(stub.responses.map((response) => response.includes("orders"))).toEqual([true]);
  });

  it("is taken over once, whatever number of connections it opens", async () => {
    const stub = await startStub();
    const sequelize = connectWith(stub, { pool: { max: 2 } });
    await Promise.all([sequelize.query("do 1"), sequelize.query("do 2")]);
    const { options } = sequelizeInternals(sequelize);
    expect(Reflect.get(Reflect.get(options, "hooks"), "afterConnect")).toHaveLength(1);
    expect(stub.connects).toBe(2);
  });

  it("keeps the connection to a reader whose server refuses a write, and not that to the writer", async () => {
    const refuse: Answer = (command) =>
      command.startsWith("do") ? { errno: 1290, message: "running with the --read-only option" } : AUTOCOMMIT;
    const [writer, reader] = [await startStub(refuse), await startStub(refuse)];
    const sequelize = connectWith(writer, {
      replication: { write: {}, read: [{ host: "localhost", port: String(reader.port) }] },
    });
    for (const useMaster of [false, true, false, true]) {
      await expect(sequelize.query("do 1", { type: QueryTypes.SELECT, useMaster })).rejects.toThrow(
        "read-only",
      );
    }
    expect([writer.connects, reader.connects]).toEqual([2, 1]);
  });

  it("takes a replica with the writer's address for the writer", async () => {
    const stub = await startStub((command) =>
      command.startsWith("do") ? { errno: 1290, message: "running with the --read-only option" } : AUTOCOMMIT,
    );
    const sequelize = connectWith(stub, { replication: { write: {}, read: [{}] } });
    for (let statement = 0; statement < 2; statement++) {
      await expect(sequelize.query("do 1", { type: QueryTypes.SELECT })).rejects.toThrow("read-only");
    }
    expect(stub.connects).toBe(2);
  });
});
