import { inspect } from "node:util";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import middy from "@middy/core";
import * as mysqlPackage from "@rds-proxy/adapter-mysql2";
import * as pgPackage from "@rds-proxy/adapter-pg";
import { withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { onRdsProxyEvent, type RdsProxyOptions } from "@rds-proxy/core";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as mysqlRdsProxy } from "@rds-proxy/middleware/mysql";
import { mockClient } from "aws-sdk-client-mock";
import mysql2 from "mysql2";
import mysql from "mysql2/promise";
import olderMysql from "mysql2-before-clear-password/promise";
import pg from "pg";
import { QueryTypes, Sequelize } from "sequelize";
import { afterEach, describe, expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { reveal } from "../support/revelations.js";
import { stopDate } from "../support/settable-date.js";
import { onTestedEngines, testOn } from "../support/tested-engines.js";

const SECRET = "prod/orders";
const ONE = [{ one: 1 }];

const manager = mockClient(SecretsManagerClient);
afterEach(() => {
  manager.reset();
});

interface Pool {
  query(statement: string): Promise<unknown>;
  end(): Promise<void>;
}

interface Outcome {
  readonly rows: unknown;
  /** All that can be seen of what the handler gets. */
  readonly shown: string;
}

interface EngineCase {
  readonly engine: "postgres" | "mysql";
  /** How the proxy has clients prove their password. */
  readonly methods: readonly (readonly [name: string, options: Partial<LocalProxyOptions>])[];
  createPool(options: RdsProxyOptions): Pool;
  /** Logs in as another library does. */
  logIn(options: RdsProxyOptions): Promise<void>;
  /** A function that is invoked by calling it. */
  createFunction(options: RdsProxyOptions): () => Promise<Outcome>;
  readonly dialectModule: object;
}

const engines: readonly EngineCase[] = [
  {
    engine: "postgres",
    methods: [
      ["scram-sha-256", { postgres: { clientPasswordAuthType: "scram-sha-256" } }],
      ["md5", { postgres: { clientPasswordAuthType: "md5" } }],
    ],
    createPool(options) {
      const pool = pgPackage.createPool(options);
      return { query: async (statement) => (await pool.query(statement)).rows, end: () => pool.end() };
    },
    async logIn(options) {
      const client = new pg.Client(pgPackage.connectionOptions(options));
      client.on("error", () => undefined);
      await client.connect();
      await client.end();
    },
    createFunction(options) {
      const middleware = rdsProxy(options);
      onTestFinished(() => middleware.close());
      const handler = middy()
        .use(middleware)
        .handler(async (_event, { db }) => ({
          rows: (await db.query("select 1 as one")).rows,
          shown: reveal(db),
        }));
      return () => handler({}, lambdaContext());
    },
    dialectModule: pg,
  },
  {
    engine: "mysql",
    methods: [
      ["caching_sha2_password", { mysql: { authPlugin: "caching_sha2_password" } }],
      ["mysql_native_password", { mysql: { authPlugin: "mysql_native_password" } }],
    ],
    createPool(options) {
      const pool = mysqlPackage.createPool(options);
      return { query: async (statement) => (await pool.query(statement))[0], end: () => pool.end() };
    },
    async logIn(options) {
      const own = mysqlPackage.connectionOptions(options);
      await (await mysql.createConnection(own)).end();
      // Its types are those of its own version.
      await (await Reflect.apply(olderMysql.createConnection, undefined, [own])).end();
    },
    createFunction(options) {
      const middleware = mysqlRdsProxy(options);
      onTestFinished(() => middleware.close());
      const handler = middy()
        .use(middleware)
        .handler(async (_event, { db }) => ({
          rows: (await db.query("select 1 as one"))[0],
          shown: reveal(db),
        }));
      return () => handler({}, lambdaContext());
    },
    dialectModule: mysql2,
  },
];

/** What Secrets Manager answers with for a user of the proxy. */
function secretOf(username: string, password: string): { SecretString: string } {
  return { SecretString: JSON.stringify({ username, password }) };
}

describe.each(onTestedEngines(engines))(
  "on $engine",
  ({ engine, methods, createPool, logIn, createFunction, dialectModule }) => {
    const { user, password, database } = inject(engine);

    async function start(options: Partial<LocalProxyOptions> = {}): Promise<LocalProxy> {
      const proxy = await startLocalProxy({
        engine,
        upstream: inject(engine),
        authentication: "password",
        users: { app_clone: { user, password, authentication: "password" } },
        ...options,
      });
      onTestFinished(() => proxy.close());
      return proxy;
    }

    /** Options that know the user from the secret only. */
    function optionsFor(proxy: LocalProxy): RdsProxyOptions {
      return { ...connectTo(proxy), user: undefined, secret: { secretId: SECRET } };
    }

    function openPool(options: RdsProxyOptions): Pool {
      const pool = createPool(options);
      onTestFinished(() => pool.end());
      return pool;
    }

    test.each(methods)(
      "the secret's user logs in with its password, without a token, by %s",
      async (_, method) => {
        manager.on(GetSecretValueCommand).resolves(secretOf(user, password));
        const proxy = await start(method);
        expect(await openPool(optionsFor(proxy)).query("select 1 as one")).toEqual(ONE);
        const { rows, shown } = await createFunction(optionsFor(proxy))();
        expect(rows).toEqual(ONE);
        expect(shown).not.toContain(password);
        expect(proxy.metrics()).toMatchObject({
          ClientConnectionsReceived: 2,
          TokensVerified: 0,
          TokensRefused: {},
        });
      },
    );

    test.each(["a pool", "the middleware"])(
      "%s logs in with a rotated password within the same login",
      async (kind) => {
        const proxy = await start();
        const events: string[] = [];
        onTestFinished(onRdsProxyEvent("retry", (event) => events.push(reveal(event))));
        manager
          .on(GetSecretValueCommand)
          .resolvesOnce(secretOf(user, "the last one"))
          .resolves(secretOf("app_clone", password));
        if (kind === "a pool") {
          expect(await openPool(optionsFor(proxy)).query("select 1 as one")).toEqual(ONE);
        } else {
          expect(await createFunction(optionsFor(proxy))()).toMatchObject({ rows: ONE });
        }
        expect(proxy.metrics()).toMatchObject({
          ClientConnectionsReceived: 2,
          ClientConnectionsSetupFailedAuth: 1,
        });
        expect(events).toHaveLength(1);
        for (const secret of ["the last one", password]) expect(events.join()).not.toContain(secret);
      },
    );

    test("a warm connection does not read the secret again, however old it is", async () => {
      const date = stopDate();
      onTestFinished(date.restore);
      const proxy = await start();
      manager.on(GetSecretValueCommand).resolves(secretOf(user, password));
      const pool = openPool(optionsFor(proxy));
      const invoke = createFunction(optionsFor(proxy));
      await Promise.all([pool.query("select 1"), invoke()]);
      date.advance(10 * 60_000);
      await Promise.all([pool.query("select 1"), invoke()]);
      expect(manager.calls()).toHaveLength(2);
      expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
    });

    test("a secret that arrives after the caller's timeout opens no connection", async () => {
      const proxy = await start();
      const late = Promise.withResolvers<{ SecretString: string }>();
      manager.on(GetSecretValueCommand).callsFake(() => late.promise);
      const invoke = createFunction({ ...optionsFor(proxy), connectTimeoutMs: 100, acquireTimeoutMs: 100 });
      await expect(invoke()).rejects.toMatchObject({
        code: "RDS_PROXY_NO_CREDENTIALS",
        message: expect.stringMatching(/The secret .* no answer in \d\.\d s/),
      });
      late.resolve(secretOf(user, password));
      await openPool(optionsFor(proxy)).query("select 1");
      expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    });

    test("a wrong password is tried once, and shown nowhere", async () => {
      const proxy = await start();
      manager.on(GetSecretValueCommand).resolves(secretOf(user, "hunter2"));
      const error = await openPool(optionsFor(proxy))
        .query("select 1")
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "RDS_PROXY_AUTHENTICATION_FAILED", attempts: 1 });
      expect(error).toHaveProperty("message", expect.stringContaining(`Password of the secret ${SECRET}`));
      expect(reveal(error)).not.toContain("hunter2");
      expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    });

    test("the remedy for a proxy that requires a token is to leave `secret` out", async () => {
      const proxy = await start({ authentication: "iam" });
      manager.on(GetSecretValueCommand).resolves(secretOf(user, password));
      await expect(openPool(optionsFor(proxy)).query("select 1")).rejects.toMatchObject({
        code: "RDS_PROXY_REFUSED",
        message: expect.stringContaining("leave out `secret`"),
      });
      expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    });

    test("a server whose certificate is not trusted is not answered", async () => {
      const proxy = await start();
      manager.on(GetSecretValueCommand).resolves(secretOf(user, password));
      await expect(openPool({ ...optionsFor(proxy), ssl: {} }).query("select 1")).rejects.toMatchObject({
        code: "RDS_PROXY_TLS",
        attempts: 1,
      });
      expect(proxy.metrics().ClientConnectionsSetupFailedAuth).toBe(0);
    });

    test("options for other libraries wait for the secret when they log in", async () => {
      const proxy = await start();
      manager.on(GetSecretValueCommand).resolves(secretOf(user, password));
      await logIn({ ...optionsFor(proxy), user });
      manager
        .on(GetSecretValueCommand)
        .rejects(Object.assign(new Error("denied"), { name: "AccessDeniedException" }));
      const error = await logIn({ ...optionsFor(proxy), user }).catch((thrown: unknown) => thrown);
      expect(inspect(error)).toContain("secretsmanager:GetSecretValue");
    });

    test("Sequelize logs in as the secret's user", async () => {
      const proxy = await start();
      manager.on(GetSecretValueCommand).resolves(secretOf(user, password));
      const { host, port, credentials, region, ssl } = connectTo(proxy);
      const sequelize = new Sequelize(
        withRdsProxy(
          { dialect: engine, dialectModule, host, port, database, logging: false },
          { credentials, region, ssl, secret: { secretId: SECRET } },
        ),
      );
      onTestFinished(() => sequelize.close());
      expect(await sequelize.query("select 1 as one", { type: QueryTypes.SELECT })).toEqual(ONE);
      expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, TokensVerified: 0 });
    });
  },
);

testOn("postgres", "options of node-postgres for other libraries cannot wait for the user", () => {
  const options = { host: "localhost", region: "eu-west-1", secret: { secretId: SECRET } };
  expect(() => pgPackage.connectionOptions(options)).toThrow(
    /^user: expected the user of the secret, received none/,
  );
});

testOn("mysql", "options of mysql2 for other libraries have the secret's user when they log in", async () => {
  const { user, password } = inject("mysql");
  const proxy = await startLocalProxy({
    engine: "mysql",
    upstream: inject("mysql"),
    authentication: "password",
  });
  onTestFinished(() => proxy.close());
  manager.on(GetSecretValueCommand).resolves(secretOf(user, password));
  const options = { ...connectTo(proxy), user: undefined, secret: { secretId: SECRET } };
  const connection = await mysql.createConnection(mysqlPackage.connectionOptions(options));
  expect((await connection.query("select 1 as one"))[0]).toEqual(ONE);
  await connection.end();
});
