import { Signer } from "@aws-sdk/rds-signer";
import middy from "@middy/core";
import { RdsProxyDialect as MysqlDialect } from "@rds-proxy/adapter-kysely/mysql";
import { RdsProxyDialect as PostgresDialect } from "@rds-proxy/adapter-kysely/postgres";
import * as mysqlPackage from "@rds-proxy/adapter-mysql2";
import * as pgPackage from "@rds-proxy/adapter-pg";
import { withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { findRdsProxyError, onRdsProxyEvent, type RdsProxyOptions, type TokenSigner } from "@rds-proxy/core";
import { createDatabase } from "@rds-proxy/database";
import { createDatabase as createMysqlDatabase } from "@rds-proxy/database/mysql";
import { diagnose, formatReport } from "@rds-proxy/doctor";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as mysqlRdsProxy } from "@rds-proxy/middleware/mysql";
import { type Dialect, Kysely, sql } from "kysely";
import mysql2 from "mysql2";
import mysql from "mysql2/promise";
import pg from "pg";
import { QueryTypes, Sequelize } from "sequelize";
import { beforeEach, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { reveal } from "../support/revelations.js";
import { onTestedEngines } from "../support/tested-engines.js";

const SELECT = "select 1 as one";
const ONE = [{ one: 1 }];

/** Logs in, runs `SELECT` and returns its rows. */
type Client = (options: RdsProxyOptions) => Promise<unknown>;

interface EngineCase {
  readonly engine: "postgres" | "mysql";
  readonly clients: Readonly<Record<string, Client>>;
  readonly dialect: (options: RdsProxyOptions) => Dialect;
  readonly dialectModule: object;
}

const engines: readonly EngineCase[] = [
  {
    engine: "postgres",
    clients: {
      async "a pool"(options) {
        const pool = pgPackage.createPool(options);
        onTestFinished(() => pool.end());
        return (await pool.query(SELECT)).rows;
      },
      async "a driver's connection"(options) {
        const client = new pg.Client(pgPackage.connectionOptions(options));
        client.on("error", () => undefined);
        await client.connect();
        onTestFinished(() => client.end());
        return (await client.query(SELECT)).rows;
      },
      async "the middleware"(options) {
        const middleware = rdsProxy(options);
        onTestFinished(() => middleware.close());
        const handler = middy()
          .use(middleware)
          .handler(async (_event, { db }) => (await db.query(SELECT)).rows);
        return await handler({}, lambdaContext());
      },
      async "the database"(options) {
        const database = createDatabase(options);
        onTestFinished(() => database.close());
        return await database.run(async (db) => (await db.query(SELECT)).rows);
      },
    },
    dialect: (options) => new PostgresDialect(options),
    dialectModule: pg,
  },
  {
    engine: "mysql",
    clients: {
      async "a pool"(options) {
        const pool = mysqlPackage.createPool(options);
        onTestFinished(() => pool.end());
        return (await pool.query(SELECT))[0];
      },
      async "a driver's connection"(options) {
        const connection = await mysql.createConnection(mysqlPackage.connectionOptions(options));
        onTestFinished(() => connection.end());
        return (await connection.query(SELECT))[0];
      },
      async "the middleware"(options) {
        const middleware = mysqlRdsProxy(options);
        onTestFinished(() => middleware.close());
        const handler = middy()
          .use(middleware)
          .handler(async (_event, { db }) => (await db.query(SELECT))[0]);
        return await handler({}, lambdaContext());
      },
      async "the database"(options) {
        const database = createMysqlDatabase(options);
        onTestFinished(() => database.close());
        return await database.run(async (db) => (await db.query(SELECT))[0]);
      },
    },
    dialect: (options) => new MysqlDialect(options),
    dialectModule: mysql2,
  },
];

beforeEach(() => {
  for (const name of ["ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "REGION"]) {
    vi.stubEnv(`AWS_${name}`, undefined);
  }
  onTestFinished(() => void vi.unstubAllEnvs());
});

describe.each(onTestedEngines(engines))("on $engine", ({ engine, clients, dialect, dialectModule }) => {
  async function start(): Promise<LocalProxy> {
    const proxy = await startLocalProxy({ engine, upstream: inject(engine) });
    onTestFinished(() => proxy.close());
    return proxy;
  }

  /** AWS's own signer for the proxy, which counts its calls. */
  function signerOf(proxy: LocalProxy, values: { username?: string } = {}) {
    const { credentials, host, port, region, user } = connectTo(proxy);
    const { accessKeyId, secretAccessKey, sessionToken = "" } = credentials;
    const signer = new Signer({
      hostname: host,
      port,
      region,
      username: user,
      credentials: { accessKeyId, secretAccessKey, sessionToken },
      ...values,
    });
    return { signer, calls: vi.spyOn(signer, "getAuthToken") };
  }

  /** All that a function needs with a signer: no region, and no credentials. */
  function optionsFor(proxy: LocalProxy, signer: TokenSigner) {
    const { host, port, user, database, ssl } = connectTo(proxy);
    return { host, port, user, database, ssl, signer };
  }

  const all: Readonly<Record<string, Client>> = {
    ...clients,
    async Kysely(options) {
      const db = new Kysely<object>({ dialect: dialect(options) });
      onTestFinished(() => db.destroy());
      return (await sql`select 1 as one`.execute(db)).rows;
    },
    async Sequelize({ host, port, user, database, ...options }) {
      const { maxConnections: _, ...others } = options;
      const place = { host, port, username: user, database };
      const sequelize = new Sequelize(
        withRdsProxy(
          {
            dialect: engine,
            dialectModule,
            logging: false,
            ...Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined)),
          },
          others,
        ),
      );
      onTestFinished(() => sequelize.close());
      return await sequelize.query(SELECT, { type: QueryTypes.SELECT });
    },
  };

  test.each(Object.entries(all))("%s logs in by AWS's own signer, called once", async (_, client) => {
    const proxy = await start();
    const { signer, calls } = signerOf(proxy);
    const events: string[] = [];
    onTestFinished(onRdsProxyEvent("sign", (event) => events.push(reveal(event))));
    expect(await client(optionsFor(proxy, signer))).toEqual(ONE);
    expect(calls).toHaveBeenCalledOnce();
    expect(proxy.metrics()).toMatchObject({ TokensVerified: 1, TokensRefused: {} });
    expect(events).toHaveLength(1);
    expect(events.join()).not.toContain("X-Amz-Signature");
  });

  // A driver's connection is opened by the driver, which does not retry.
  const retrying = Object.entries(all).filter(([name]) => name !== "a driver's connection");

  test.each(retrying)("%s asks it again after a refusal", async (_, client) => {
    const proxy = await start();
    const { signer, calls } = signerOf(proxy);
    calls.mockResolvedValueOnce(await signerOf(proxy, { username: "another" }).signer.getAuthToken());
    expect(await client(optionsFor(proxy, signer))).toEqual(ONE);
    expect(calls).toHaveBeenCalledTimes(2);
    expect(proxy.metrics()).toMatchObject({ TokensVerified: 1, TokensRefused: { "wrong-user": 1 } });
  });

  test("a signer for another user is refused twice, and the error says for whom it signs", async () => {
    const proxy = await start();
    const { signer, calls } = signerOf(proxy, { username: "another" });
    const error: unknown = await clients["a pool"]?.(optionsFor(proxy, signer)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: "RDS_PROXY_AUTHENTICATION_FAILED",
      attempts: 2,
      message: expect.stringContaining(
        `Token from the option \`signer\`, signed for ${proxy.host}:${proxy.port}, region us-east-1, user another; token age`,
      ),
    });
    expect(reveal(error)).not.toContain("X-Amz-Signature");
    expect(calls).toHaveBeenCalledTimes(2);
  });

  test.each(Object.entries(all))("%s fails with a signer's error, without a retry", async (_, client) => {
    const proxy = await start();
    const { signer, calls } = signerOf(proxy);
    calls.mockRejectedValue(new Error("no profile"));
    const error: unknown = await client(optionsFor(proxy, signer)).catch((thrown: unknown) => thrown);
    // Drivers and ORMs have errors of their own around it.
    expect(findRdsProxyError(error)).toMatchObject({
      code: "RDS_PROXY_NO_CREDENTIALS",
      phase: "credentials",
      message: expect.stringContaining("the option `signer` failed (no profile)."),
    });
    expect(calls).toHaveBeenCalledOnce();
  });

  test("the doctor asks the signer, and shows what its token is for", async () => {
    const proxy = await start();
    const report = await diagnose({ engine, ...optionsFor(proxy, signerOf(proxy).signer) });
    expect(report.isHealthy).toBe(true);
    expect(report.steps.find(({ step }) => step === "credentials")?.facts).toEqual([
      { name: "source", value: "the option `signer`" },
    ]);
    expect(report.steps.find(({ step }) => step === "token")).toMatchObject({
      outcome: "ok",
      facts: expect.arrayContaining([{ name: "signed for", value: `${proxy.host}:${proxy.port}` }]),
    });
    expect(formatReport(report)).not.toContain("X-Amz-Signature");
  });

  test("the doctor finds a signer for another user", async () => {
    const proxy = await start();
    const options = optionsFor(proxy, signerOf(proxy, { username: "another" }).signer);
    const report = await diagnose({ engine, ...options });
    expect(report.steps.find(({ step }) => step === "token")).toMatchObject({
      outcome: "warning",
      problem: `The token is signed for the user another, and ${options.user} logs in.`,
    });
    expect(report.steps.find(({ step }) => step === "login")).toMatchObject({
      outcome: "failed",
      causes: expect.arrayContaining([
        expect.objectContaining({
          cause: "The option `signer` signs for another host, port, region or user.",
        }),
      ]),
    });
  });

  test("the doctor ends at a signer that fails", async () => {
    const proxy = await start();
    const { signer, calls } = signerOf(proxy);
    calls.mockRejectedValue(new Error("no profile"));
    const report = await diagnose({ engine, ...optionsFor(proxy, signer) });
    expect(report.steps.find(({ step }) => step === "token")).toMatchObject({
      outcome: "failed",
      problem: expect.stringContaining("the option `signer` failed (no profile)."),
    });
  });

  test("Sequelize refuses a signer for several endpoints, before any connection", () => {
    const replica = { host: "reader.example", port: 5432 };
    const wrap = (options: Parameters<typeof withRdsProxy>[1]) =>
      withRdsProxy(
        {
          dialect: engine,
          username: "app",
          database: "shop",
          replication: { write: { ...replica, host: "writer.example" }, read: [replica] },
        },
        options,
      );
    const signer: TokenSigner = { getAuthToken: async () => "token" };
    expect(() => wrap({ signer })).toThrow(
      "signer: not an option here. Its tokens are for one endpoint, and `replication` has writer.example and reader.example.",
    );
    expect(() => wrap({ region: "eu-west-1" })).not.toThrow();
  });
});
