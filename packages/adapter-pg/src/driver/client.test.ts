import { once } from "node:events";
import { Socket } from "node:net";
import { inspect } from "node:util";
import type { RdsProxyOptions } from "@rds-proxy/core";
import { deadlineIn, type ResolvedRdsProxyOptions, SessionWatch } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import pg from "pg";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { failedLogin } from "../../../core/src/connect/login-record.js";
import { Secret } from "../../../core/src/credentials/secret.js";
import { CachedSecretReader } from "../../../core/src/credentials/secret-reader.js";
import { resolvedOptions } from "../../../core/src/testing/resolved-options.js";
import { createVirtualClock } from "../../../core/src/testing/virtual-clock.js";
import {
  errorResponse,
  message,
  type PostgresStub,
  ready,
  type StubSession,
  startPostgresStub,
} from "../testing/postgres-stub.js";
import { createClientClass, type RdsProxyClient } from "./client.js";
import type { PgOptions } from "./driver-options.js";

const Client = createClientClass(pg);
const getAuthToken = async () => "a token";

interface Given {
  readonly options?: RdsProxyOptions;
  readonly secret?: (options: ResolvedRdsProxyOptions) => Secret;
  readonly driverOptions?: PgOptions;
}

/** A server, and a client of it that has not logged in. */
async function start({ options = {}, secret, driverOptions = {} }: Given = {}) {
  const stub = await startPostgresStub();
  const clock = createVirtualClock();
  const resolved = resolvedOptions(
    { ...stub.endpoint, credentials: undefined, signer: { getAuthToken }, ...options },
    { clock },
  );
  const client = new Client({ ...resolved, ...(secret && { secret: secret(resolved) }) }, driverOptions);
  onTestFinished(() => client.destroy());
  return { stub, client, clock };
}

/** The same after the login. */
async function logIn(given?: Given): Promise<{
  stub: PostgresStub;
  client: RdsProxyClient;
  clock: ReturnType<typeof createVirtualClock>;
  session: StubSession;
}> {
  const started = await start(given);
  await started.client.connect();
  const [session] = started.stub.sessions;
  if (!session) throw new Error("no session");
  return { ...started, session };
}

/** A secret of the user `orders`. */
function secretOf({ runtime: { clock, restores } }: ResolvedRdsProxyOptions): Secret {
  const fetch = async () => ({ user: "orders", password: "hunter2", versionId: undefined });
  const reader = new CachedSecretReader("prod/orders", undefined, clock, fetch, restores);
  return new Secret("prod/orders", undefined, async () => reader);
}

describe("a client", () => {
  it("logs in by a token, which it forgets", async () => {
    const { client, clock, session } = await logIn({ options: { database: "shop" } });
    expect(session.password).toBe("a token");
    expect(session.startup).toEqual(expect.arrayContaining(["user", "app", "database", "shop"]));
    expect(client.connectedAt).toBe(clock.steadyMs());
    expect(client.password).toBeNull();
    const shown = inspect(client, { depth: Number.POSITIVE_INFINITY, showHidden: true });
    expect(shown).not.toContain("a token");
  });

  it("logs in by the user and the password of a secret", async () => {
    const { client, session } = await logIn({ options: { database: "shop" }, secret: secretOf });
    expect(session.password).toBe("hunter2");
    expect(session.startup).toEqual(expect.arrayContaining(["user", "app", "database", "shop"]));
    expect(client).toMatchObject({ user: "app", password: null });
  });

  it("takes the user and the database from a secret that has been read", async () => {
    const stub = await startPostgresStub();
    const options = resolvedOptions({ ...stub.endpoint, region: "eu-west-1" });
    const endpoint = { ...options.endpoint, user: "", database: undefined };
    const client = new Client({ ...options, endpoint, secret: secretOf(options) }, {});
    onTestFinished(() => client.destroy());
    Object.assign(endpoint, { user: "orders", database: "shop" });
    await client.connect();
    expect(stub.sessions[0]?.startup).toEqual(expect.arrayContaining(["user", "orders", "database", "shop"]));
    expect(client).toMatchObject({ user: "orders", database: "shop" });
  });

  it("is not opened if it was closed while its secret was read", async () => {
    const { stub, client } = await start({ secret: secretOf });
    const connected = client.connect();
    client.destroy();
    await expect(connected).rejects.toThrow("the connection was closed before it was opened");
    expect(stub.connects).toBe(0);
  });

  it.each([
    ["resolves with itself", (client: RdsProxyClient) => client.connect()],
    [
      "calls back with itself, and returns nothing",
      (client: RdsProxyClient) =>
        new Promise((resolve, reject) => {
          const returned: unknown = client.connect((error, connected) =>
            error ? reject(error) : resolve(connected),
          );
          expect(returned).toBeUndefined();
        }),
    ],
    [
      "resolves before a deadline",
      (client: RdsProxyClient) => client.connectWithin({ deadline: deadlineIn(5000, systemRuntime.clock) }),
    ],
  ])("%s once it is connected", async (_, connect) => {
    const { client } = await start();
    expect(await connect(client)).toBe(client);
    expect(client.state).toBe("idle");
  });

  it("fails with the server's error by its callback, too, and leaves no socket open", async () => {
    const { stub, client } = await start();
    stub.welcome = errorResponse("28000", "no such role");
    const error = await new Promise((resolve) => client.connect(resolve));
    expect(error).toMatchObject({ code: "28000" });
    expect(failedLogin(error)).toMatchObject({ signed: expect.anything() });
    expect(client.connection.stream.destroyed).toBe(true);
    expect(client.password).toBeNull();
  });

  it("ends an exception of the callback as node-postgres does, not as a rejection", async () => {
    const { client } = await start();
    const thrown = new Error("of the callback");
    const uncaught = vi.fn();
    process.once("uncaughtException", uncaught);
    onTestFinished(() => {
      process.off("uncaughtException", uncaught);
    });
    await new Promise<void>((resolve) => {
      client.connect(() => {
        setImmediate(resolve);
        throw thrown;
      });
    });
    expect(uncaught.mock.calls).toEqual([[thrown, "uncaughtException"]]);
  });

  it("is not closed by a second call of connect()", async () => {
    const { client } = await logIn();
    await expect(client.connect()).rejects.toThrow("already been connected");
    expect(client.state).toBe("idle");
    expect(client.connection.stream.destroyed).toBe(false);
  });

  it("gives up at the deadline, and closes the socket that TLS uses", async () => {
    const { stub, client } = await start({ options: { connectTimeoutMs: 50 } });
    stub.welcome = Buffer.alloc(0);
    const error = await client.connect().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ETIMEDOUT" });
    expect(client.connection.stream.destroyed).toBe(true);
    expect(failedLogin(error)).toMatchObject({ stream: client.connection.stream });
  });

  it("has the error of a login that its caller cannot wait for", async () => {
    const { client } = await start();
    const error = client.timedOut();
    expect(error).toBeInstanceOf(Error);
    expect(failedLogin(error)).toBeDefined();
  });

  it("refuses a request for a second password from a server, but not with a secret", async () => {
    const again = Buffer.concat([message("R", Buffer.from([0, 0, 0, 3]))]);
    const { stub, client } = await start();
    stub.welcome = again;
    await expect(client.connect()).rejects.toThrow("second token");

    const withSecret = await start({ secret: secretOf });
    withSecret.stub.welcome = again;
    const connected = withSecret.client.connect();
    await expect.poll(() => withSecret.stub.sessions[0]?.password).toBe("hunter2");
    withSecret.stub.welcome = undefined;
    await connected;
  });
});

describe("the state of a client", () => {
  it("is idle during the login, or busy with a statement that was issued before", async () => {
    const { stub, client } = await start();
    stub.welcome = Buffer.alloc(0);
    const connected = client.connect().catch(() => undefined);
    await expect.poll(() => stub.sessions[0]?.password).toBeDefined();
    expect(client.state).toBe("idle");
    const query = client.query("select 1").catch(() => undefined);
    expect(client.state).toBe("busy");
    client.destroy();
    await Promise.all([connected, query]);
  });

  it("follows its statements and transactions", async () => {
    const { stub, client, clock, session } = await logIn();
    const run = async (statement: string) => {
      const done = client.query(statement).catch(() => undefined);
      const during = client.state;
      await done;
      return [during, client.state];
    };
    expect(client.state).toBe("idle");
    expect(await run("select 1")).toEqual(["busy", "idle"]);
    expect(await run("begin")).toEqual(["busy", "transaction"]);
    clock.advance(5);
    expect(client.lastUsedAt).toBe(client.connectedAt);
    expect(await run("select 1")).toEqual(["busy", "transaction"]);
    expect(client.lastUsedAt).toBe(client.connectedAt + 5);
    expect(await run("fail")).toEqual(["busy", "transaction"]);
    expect(await run("rollback")).toEqual(["busy", "idle"]);

    stub.isHolding = true;
    const silent = client.query("select 1").catch(() => undefined);
    await expect.poll(() => session.statements.at(-1)).toBe("select 1");
    session.send(errorResponse("57014", "canceled"));
    await silent;
    expect(client.state).toBe("ending");
    session.send(ready("I"));
    await expect.poll(() => client.state).toBe("idle");
  });

  it("is of the turn of its last use until the event loop turns", async () => {
    const { client } = await logIn();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(client.isInTurnOfLastUse).toBe(false);
    let isInTurn: boolean | undefined;
    client.connection.once("readyForQuery", () => {
      isInTurn = client.isInTurnOfLastUse;
    });
    await client.query("select 1");
    expect(isInTurn).toBe(true);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(client.isInTurnOfLastUse).toBe(false);
  });

  it.each([
    ["its user", (client: RdsProxyClient) => client.markUnusable()],
    ["a release with an error", (client: RdsProxyClient) => client.release(new Error("broken"))],
    ["a release with true", (client: RdsProxyClient) => client.release(true)],
    ["an error of its socket", (client: RdsProxyClient) => client.emit("error", new Error("reset"))],
    ["its end", (client: RdsProxyClient) => client.emit("end")],
    ["destroy()", (client: RdsProxyClient) => client.destroy()],
  ])("is unusable after %s", async (_, end) => {
    const { client } = await logIn();
    client.release();
    expect(client.state).toBe("idle");
    end(client);
    expect(client.state).toBe("unusable");
  });

  it("is unusable as soon as the server has closed its side, or the client its own", async () => {
    const { client, session } = await logIn();
    const ended = once(client.connection.stream, "end");
    session.close("fin");
    await ended;
    expect(client.state).toBe("unusable");
    const other = await logIn();
    other.client.connection.stream.end();
    expect(other.client.state).toBe("unusable");
  });

  it.each([
    ["57P01", "unusable"],
    ["42601", "transaction"],
  ])("after the error %s is %s", async (code, state) => {
    const { stub, client, session } = await logIn();
    stub.isHolding = true;
    const failed = client.query("select 1").catch((error: unknown) => error);
    await expect.poll(() => session.statements).toHaveLength(1);
    session.send(errorResponse(code, "an error"), ready("T"));
    expect(await failed).toMatchObject({ code });
    await expect.poll(() => client.state).toBe(state);
  });

  it("belongs to a session whose statements wait here", async () => {
    const { client, session } = await logIn();
    const sent = vi.spyOn(SessionWatch.prototype, "sent");
    onTestFinished(() => sent.mockRestore());
    const waiting = [client.query("select 1"), client.query("listen jobs")];
    client.session.adopt();
    await Promise.all(waiting);
    expect(session.statements).toEqual(["select 1", "listen jobs"]);
    expect(sent.mock.calls).toMatchObject([
      [{ text: "select 1", isOfConnection: false }],
      [{ text: "listen jobs", isOfConnection: true }],
    ]);
  });
});

it("a client keeps the process alive, or does not", async () => {
  const { client } = await logIn();
  const { stream } = client.connection;
  const ref = vi.spyOn(Socket.prototype, "ref");
  const unref = vi.spyOn(Socket.prototype, "unref");
  onTestFinished(() => {
    ref.mockRestore();
    unref.mockRestore();
  });
  client.unref();
  expect([ref.mock.contexts, unref.mock.contexts]).toEqual([[], [stream]]);
  client.ref();
  expect([ref.mock.contexts, unref.mock.contexts]).toEqual([[stream], [stream]]);
});

it("a secret that comes when its attempt has just ended opens no connection", async () => {
  const { promise, resolve } = Promise.withResolvers<{ user: string; password: string; versionId: string }>();
  const options = resolvedOptions({}, { clock: systemRuntime.clock });
  const { clock } = options.runtime;
  const reader = new CachedSecretReader("orders", "app", clock, () => promise, options.runtime.restores);
  const secret = new Secret("orders", "app", async () => reader);
  const client = new Client({ ...options, secret }, {});

  const { stream } = client.connection;
  const connect = vi.spyOn(Socket.prototype, "connect").mockReturnThis();
  onTestFinished(() => connect.mockRestore());
  const destroy = stream.destroy.bind(stream);
  vi.spyOn(stream, "destroy").mockImplementation((error) => {
    resolve({ user: "app", password: "hunter2", versionId: "v1" });
    return destroy(error);
  });
  await expect(client.connectWithin({ deadline: deadlineIn(20, clock) })).rejects.toThrow(
    "The secret orders could not be read",
  );
  expect(connect).not.toHaveBeenCalled();
});

it("a connection that reports one error after another is unusable, and throws none of them", () => {
  const client = new Client(resolvedOptions(), {});
  onTestFinished(() => client.destroy());
  client.emit("error", new Error("terminating connection due to administrator command"));
  client.emit("error", new Error("Connection terminated unexpectedly"));
  expect(client.state).toBe("unusable");
});
