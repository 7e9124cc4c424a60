import { once } from "node:events";
import { connect } from "node:net";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import { mockClient } from "aws-sdk-client-mock";
import mysql from "mysql2/promise";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { eventually } from "../../packages/local-proxy/src/testing/eventually.js";
import { startupMessage } from "../../packages/local-proxy/src/testing/raw-client.js";
import { flagsTo, runConnect, type StayingConnect, stayInFrontOf } from "../support/connect-command.js";
import { onTestedEngines } from "../support/tested-engines.js";

type Login = Pick<StayingConnect, "host" | "port" | "user" | "password" | "database">;

/** A driver as a program uses it that knows nothing of AWS. */
interface Client {
  query(sql: string): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

interface EngineCase {
  readonly engine: "postgres" | "mysql";
  open(login: Login): Promise<Client>;
  readonly connectionId: string;
  readonly sleep: string;
  /** The code of the listener's own refusal, for a password and for a user. */
  readonly refusals: readonly [password: string, user: string];
  /** What a program gets if the server refuses the token. */
  readonly refusedToken: object;
  /** What a client sends before the server has said anything. */
  firstMessage(login: Login): Buffer;
  readonly passwordMethods: readonly Partial<LocalProxyOptions>[];
}

const engines: readonly EngineCase[] = [
  {
    engine: "postgres",
    async open(login) {
      const client = new pg.Client({ ...login, ssl: false });
      client.on("error", () => undefined);
      await client.connect();
      return {
        query: async (sql) => (await client.query(sql)).rows,
        close: () => client.end(),
      };
    },
    connectionId: "select pg_backend_pid() as id",
    sleep: "select pg_sleep(60)",
    refusals: ["28P01", "28000"],
    refusedToken: {
      code: "28P01",
      message: expect.stringContaining("The IAM authentication failed for the role"),
    },
    firstMessage: ({ user, database }) => startupMessage({ user, database }),
    passwordMethods: (["scram-sha-256", "md5", "cleartext"] as const).map((clientPasswordAuthType) => ({
      postgres: { clientPasswordAuthType },
    })),
  },
  {
    engine: "mysql",
    async open({ host, port, user, password, database }) {
      const connection = await mysql.createConnection({
        ...{ host, port, user, password, database },
        // The default of 10 s is too short for 200 logins on a busy machine.
        connectTimeout: 60_000,
      });
      connection.on("error", () => undefined);
      return {
        async query(sql) {
          const [rows] = await connection.query<mysql.RowDataPacket[]>(sql);
          return rows;
        },
        close: () => connection.end(),
      };
    },
    connectionId: "select connection_id() as id",
    sleep: "select sleep(60)",
    refusals: ["ER_ACCESS_DENIED_ERROR", "ER_ACCESS_DENIED_ERROR"],
    refusedToken: { errno: 1045, message: expect.stringContaining("Access denied for user") },
    firstMessage: () => Buffer.alloc(0),
    passwordMethods: (["mysql_native_password", "caching_sha2_password"] as const).map((authPlugin) => ({
      mysql: { authPlugin },
    })),
  },
];

const ONE = [{ one: 1 }];
const manager = mockClient(SecretsManagerClient);
afterEach(() => {
  manager.reset();
});

describe.each(onTestedEngines(engines))("$engine", (engineCase) => {
  const { engine, open, connectionId, sleep, refusals, refusedToken, firstMessage, passwordMethods } =
    engineCase;
  let proxy: LocalProxy;
  beforeAll(async () => {
    proxy = await startLocalProxy({ engine, upstream: inject(engine), maxConnections: 40 });
  });
  afterEach(() => {
    proxy.faults.clear();
  });
  afterAll(() => proxy.close());

  const use = async <T>(login: Login, work: (client: Client) => Promise<T>): Promise<T> => {
    const client = await open(login);
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  };
  const selectOne = (login: Login) => use(login, (client) => client.query("select 1 as one"));

  test("a driver that knows no IAM logs in, 200 times at once", async () => {
    const listener = await stayInFrontOf(proxy);
    const results = await Promise.all(Array.from({ length: 200 }, () => selectOne(listener)));
    expect(results).toEqual(Array.from({ length: 200 }, () => ONE));
    expect(listener.told()).toBe("Press Ctrl-C to stop.\n");
  });

  test("only a client that knows the listener's password and names its user is let in", async () => {
    const listener = await stayInFrontOf(proxy);
    const { ClientConnectionsSetupSucceeded: before } = proxy.metrics();
    const [password, user] = refusals;
    await expect(selectOne({ ...listener, password: "wrong" })).rejects.toMatchObject({ code: password });
    await expect(selectOne({ ...listener, user: "other_user" })).rejects.toMatchObject({
      code: user,
      message: expect.stringContaining(`logs in as`),
    });
    expect(proxy.metrics().ClientConnectionsSetupSucceeded).toBe(before);
    expect(await selectOne(listener)).toEqual(ONE);
  });

  test("--no-password lets clients in with any password, and with none", async () => {
    const listener = await stayInFrontOf(proxy, ["--no-password"]);
    expect(listener.written()).toContain("password  none is needed");
    expect(await selectOne({ ...listener, password: "whatever" })).toEqual(ONE);
    expect(await selectOne({ ...listener, password: "" })).toEqual(ONE);
  });

  test("a login that the server refuses for now is retried; its other errors reach the program as they are", async () => {
    const listener = await stayInFrontOf(proxy);
    proxy.faults.failConnects("exhausted", { times: 2 });
    expect(await selectOne(listener)).toEqual(ONE);
    proxy.faults.failConnects("refused", { times: Number.POSITIVE_INFINITY });
    await expect(selectOne(listener)).rejects.toMatchObject(refusedToken);
    // The command's own words name the login and the remedy.
    expect(listener.told()).toMatch(/Signed for localhost:\d+, region us-east-1, user .*rds-db:connect/s);
    expect(listener.told()).not.toContain("X-Amz-Signature");
  });

  test("a server that closes, resets or never answers a login is retried", async () => {
    const listener = await stayInFrontOf(proxy);
    proxy.faults.failConnects("reset-on-accept");
    proxy.faults.failConnects("close-after-tls");
    proxy.faults.failConnects("reset-after-startup");
    proxy.faults.failConnects("close-after-password");
    expect(await selectOne(listener)).toEqual(ONE);
  });

  test("a client that leaves while the server is silent ends the login", async () => {
    const listener = await stayInFrontOf(proxy, ["--no-password"]);
    // The command's own first login.
    await eventually(() => proxy.clients().length === 0);
    proxy.faults.failConnects("silence-on-accept");
    const socket = connect(listener.port, listener.host);
    socket.write(firstMessage(listener));
    await eventually(() => proxy.clients().length === 1);
    socket.destroy();
    await eventually(() => proxy.clients().length === 0);
    expect(await selectOne(listener)).toEqual(ONE);
    expect(listener.told()).toBe("Press Ctrl-C to stop.\n");
  });

  test("a server that dies ends the session, and the next login finds the one that answers then", async () => {
    const listener = await stayInFrontOf(proxy);
    const client = await open(listener);
    const query = client.query(sleep);
    const outcome = expect(query).rejects.toThrow(/terminated|lost|closed|ECONNRESET/i);
    await eventually(() => proxy.faults.killConnections("rst") === 1);
    await outcome;
    expect(await selectOne(listener)).toEqual(ONE);
  });

  test("SIGTERM ends sessions, and the server rolls back what they left open", async () => {
    const listener = await stayInFrontOf(proxy);
    const client = await open(listener);
    await client.query("begin");
    await client.query(connectionId);
    listener.signal("SIGTERM");
    expect(await listener.exitCode).toBe(0);
    await expect(client.query("select 1")).rejects.toThrow(
      /terminated|closed|lost|not queryable|ECONNRE|EPIPE/i,
    );
    await eventually(() => proxy.clients().length === 0);
  });

  test("the next login uses credentials that were renewed meanwhile", async () => {
    const env: Record<string, string | undefined> = { ...proxy.environment };
    const listener = await stayInFrontOf(proxy, [], env);
    const client = await open(listener);
    const { accessKeyId, secretAccessKey, sessionToken } = proxy.rotateCredentials();
    expect(await client.query("select 1 as one")).toEqual(ONE);
    Object.assign(env, {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    });
    expect(await selectOne(listener)).toEqual(ONE);
    await client.close();
  });

  test("bytes of no client close the connection, and nothing else", async () => {
    const listener = await stayInFrontOf(proxy);
    const garbage = [
      "GET / HTTP/1.1\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01",
      "\0\0\0\x08\x04\xd2\x16\x2f".repeat(3),
      "\xff".repeat(70_000),
    ];
    for (const bytes of garbage) {
      const socket = connect(listener.port, listener.host);
      socket.on("error", () => undefined);
      socket.end(Buffer.from(bytes, "latin1"));
      socket.resume();
      await once(socket, "close");
    }
    expect(await selectOne(listener)).toEqual(ONE);
  });

  test.each(passwordMethods)("--secret logs in with a password by %j", async (method) => {
    const user = "by_secret";
    const { user: admin, password: its } = inject(engine);
    const withSecrets = await startLocalProxy({
      engine,
      upstream: inject(engine),
      users: { [user]: { user: admin, password: its, authentication: "password" } },
      ...method,
    });
    onTestFinished(() => withSecrets.close());
    manager.on(GetSecretValueCommand).resolves({
      VersionId: "1",
      SecretString: JSON.stringify({ username: user, password: its }),
    });
    const listener = await stayInFrontOf(withSecrets, ["--secret", "app", "--user", user]);
    expect(await selectOne({ ...listener, user })).toEqual(ONE);
  });

  test("a program gets the address in its environment, and its exit code is the command's", async () => {
    const script = `
      const { PGHOST, PGPORT, PGUSER, PGPASSWORD, PGSSLMODE, MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_PWD, DATABASE_URL } = process.env;
      const url = new URL(DATABASE_URL);
      const isRight = ${engine === "postgres"}
        ? PGHOST === url.hostname && PGPORT === url.port && PGPASSWORD === url.password && PGSSLMODE === "disable"
        : MYSQL_HOST === url.hostname && MYSQL_TCP_PORT === url.port && MYSQL_PWD === url.password;
      process.exit(isRight && url.username !== "" && url.pathname === ${JSON.stringify(`/${proxy.environment["RDS_PROXY_DATABASE"]}`)} ? 7 : 1);`;
    const run = runConnect([...flagsTo(proxy), "--", process.execPath, "-e", script], proxy.environment);
    expect(await run.exitCode).toBe(7);
    expect(run.told()).toBe("");
  });

  test("a program that does not exist is 127", async () => {
    const run = runConnect([...flagsTo(proxy), "--", "there-is-no-such-program"], proxy.environment);
    expect(await run.exitCode).toBe(127);
    expect(run.told()).toBe("rds-proxy-connect: there-is-no-such-program: there is no such program.\n");
  });

  test("what the first login shows ends the command before a program runs", async () => {
    const never = ["--", process.execPath, "-e", "process.exit(0)"];
    proxy.faults.failConnects("refused", { times: Number.POSITIVE_INFINITY });
    const refused = runConnect([...flagsTo(proxy), ...never], proxy.environment);
    expect(await refused.exitCode).toBe(2);
    expect(refused.told()).toMatch(
      /^rds-proxy-connect: not connected yet \(.+\)\. It is tried again, for 30 s in all\.\nrds-proxy-connect: Could not connect to .* after 2 attempts .*rds-db:connect/,
    );
  });
});
