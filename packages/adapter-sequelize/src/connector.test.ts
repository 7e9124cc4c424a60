import { onRdsProxyEvent, RdsProxyError, type RdsProxyEvents } from "@rds-proxy/core";
import { type ConnectAttempt, deadlineIn, resolveOptions } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import { AccessDeniedError, ConnectionError } from "sequelize";
import { describe, expect, it, onTestFinished } from "vitest";
import { createVirtualClock } from "../../core/src/testing/virtual-clock.js";
import { Connector } from "./connector.js";
import type { OpeningRequest } from "./dialects/dialect.js";
import { type Invocation, InvocationTracker } from "./running-invocations.js";
import { ScriptedConnection } from "./testing/scripted-connection.js";

const options = resolveOptions(
  { host: "localhost", user: "app", region: "eu-west-1", retry: { baseDelayMs: 1, maxDelayMs: 1 } },
  "postgres",
);
const invocation: Invocation = { deadline: deadlineIn(5000, options.runtime.clock) };

/** How one attempt goes: the driver's error, or what it opens. */
type Attempt =
  | { readonly error: Error; readonly thrown?: Error }
  | { readonly connection: object }
  /** Before the driver is called. */
  | { readonly early: Error }
  /** After the login. */
  | { readonly late: Error | "silence" };

interface Given {
  prepare?: () => Promise<void>;
  resolved?: typeof options;
}

/** Options whose time passes when the test says so. */
function withVirtualClock(acquireTimeoutMs: number) {
  const clock = createVirtualClock();
  const resolved = resolveOptions(
    { host: "localhost", user: "app", region: "eu-west-1", acquireTimeoutMs },
    "postgres",
    { ...systemRuntime, clock },
  );
  return { clock, resolved };
}

function setUp({ prepare = async () => undefined, resolved = options }: Given = {}) {
  const invocations = new InvocationTracker();
  const script: (Attempt | "silent")[] = [];
  const log: string[] = [];
  const opened: object[] = [];
  const attempts: ConnectAttempt[] = [];
  const connector: Connector = new Connector({
    connect: async () => {
      const { onOpening, attempt: attempted }: OpeningRequest = connector.request;
      attempts.push(attempted);
      const attempt = script.shift() ?? { connection: { id: "connection" } };
      log.push("connect");
      const failed = Promise.withResolvers<never>();
      failed.promise.catch(() => undefined);
      const destroy = (): void => {
        log.push("destroy");
        failed.reject(Object.assign(new Error("destroyed"), { code: "ECONNRESET" }));
      };
      if (attempt === "silent") {
        onOpening({ pooled: failed.promise, destroy });
        return failed.promise;
      }
      if ("early" in attempt) throw attempt.early;
      if ("late" in attempt) {
        onOpening({ pooled: Promise.resolve(new ScriptedConnection()), destroy });
        if (attempt.late === "silence") return failed.promise;
        throw attempt.late;
      }
      if ("error" in attempt) {
        onOpening({ pooled: Promise.reject(attempt.error), destroy });
        throw attempt.thrown ?? new ConnectionError(attempt.error);
      }
      onOpening({ pooled: Promise.resolve(new ScriptedConnection()), destroy });
      return attempt.connection;
    },
    invocations,
    optionsOf: () => resolved,
    prepare,
    onConnected: (connection) => opened.push(connection),
  });
  return { connector, invocations, script, log, opened, attempts };
}

const full = (): Error => Object.assign(new Error("too many clients"), { code: "53300" });

describe("a connector", () => {
  it("reports the connection to its owner, and gives it to Sequelize", async () => {
    const { connector, opened } = setUp();
    const connection = await connector.connect({});
    expect(opened).toEqual([connection]);
  });

  it("publishes how a connection was opened", async () => {
    const { connector, script } = setUp();
    const events: RdsProxyEvents["connect"][] = [];
    onTestFinished(onRdsProxyEvent("connect", (event) => events.push(event)));
    script.push({ error: full() });
    await connector.connect({});
    expect(events).toEqual([
      expect.objectContaining({
        endpoint: "app@localhost:5432",
        attempts: 2,
        failedAttempts: [expect.objectContaining({ attempt: 1, kind: "exhausted" })],
      }),
    ]);
    expect(events[0]).not.toHaveProperty("connection");
  });

  it("leaves time to report a failure before its deadline", async () => {
    const { resolved } = withVirtualClock(2030);
    const { connector, attempts } = setUp({ resolved });
    await connector.connect({});
    // Half of what remains, so that a second attempt has time.
    expect(attempts.map(({ deadline }) => deadline.remainingMs())).toEqual([1000]);
  });

  it("gives up on an instance whose hooks fail before the driver is called", async () => {
    const { connector, script, log } = setUp();
    const early = Object.assign(new Error("no such module"), { code: "3D000" });
    script.push({ early });
    await expect(connector.connect({})).rejects.toMatchObject({
      parent: early,
      cause: { code: "RDS_PROXY_REFUSED", cause: early },
    });
    expect(log).toEqual(["connect"]);
  });

  it("retries depending on the driver's error in Sequelize's, of a statement after the login", async () => {
    const { connector, script, log } = setUp();
    const error = Object.assign(new Error("database is gone"), { code: "3D000" });
    script.push({ late: new ConnectionError(full()) }, { late: new AccessDeniedError(error) });
    const rejection: unknown = await connector.connect({}).catch((thrown: unknown) => thrown);
    expect(rejection).toBeInstanceOf(AccessDeniedError);
    expect(rejection).toMatchObject({ parent: error, cause: { code: "RDS_PROXY_REFUSED", cause: error } });
    expect(log).toEqual(["connect", "destroy", "connect", "destroy"]);
  });

  it("makes another attempt when Sequelize gets no answer after the login", async () => {
    const resolved = { ...options, connectTimeoutMs: 20 };
    const { connector, script, opened } = setUp({ resolved });
    const failures: unknown[] = [];
    onTestFinished(onRdsProxyEvent("retry", ({ error }) => failures.push(error)));
    script.push({ late: "silence" });
    await connector.connect({});
    expect(failures).toEqual([
      expect.objectContaining({
        code: "ETIMEDOUT",
        message: "the server did not answer Sequelize in the time for one attempt",
      }),
    ]);
    expect(opened).toHaveLength(1);
  });

  it("does not end a connection that it has opened with the attempts under way", async () => {
    const { connector, log } = setUp();
    await connector.connect({});
    connector.abandonAttempts();
    expect(log).toEqual(["connect"]);
  });

  it("shows the failure that says why, and not that of an attempt that the deadline cut short", async () => {
    const { clock, resolved } = withVirtualClock(1000);
    let preparations = 0;
    const { connector, script } = setUp({
      resolved,
      async prepare() {
        if (preparations++ > 0) return;
        clock.advance(960);
        throw Object.assign(new Error("reset"), { code: "ECONNRESET" });
      },
    });
    const error = full();
    script.push({ error });
    await expect(connector.connect({})).rejects.toMatchObject({
      parent: error,
      cause: { code: "RDS_PROXY_EXHAUSTED", cause: error, attempts: 2 },
    });
  });

  it("tries again what may pass, by the driver's error", async () => {
    const { connector, script, log } = setUp();
    script.push({ error: full() }, { error: full() });
    await connector.connect({});
    expect(log.filter((entry) => entry === "connect")).toHaveLength(3);
  });

  it("makes as many attempts as it may", async () => {
    const { connector, script, log } = setUp();
    script.push({ error: full() });
    await expect(connector.connect({}, { maxAttempts: 1 })).rejects.toMatchObject({
      parent: { code: "53300" },
      cause: { code: "RDS_PROXY_EXHAUSTED", attempts: 1 },
    });
    expect(log).toEqual(["connect", "destroy"]);
  });

  it("rejects with Sequelize's own error class, with ours as its cause", async () => {
    const { connector, script } = setUp();
    const error = Object.assign(new Error('database "shop" does not exist'), { code: "3D000" });
    script.push({ error, thrown: new AccessDeniedError(error) });
    const rejection: unknown = await connector.connect({}).catch((thrown: unknown) => thrown);
    expect(rejection).toBeInstanceOf(AccessDeniedError);
    expect(rejection).toMatchObject({ cause: { code: "RDS_PROXY_REFUSED" } });
  });

  it("destroys a connection that cannot be prepared, and does not hand it out", async () => {
    const failure = Object.assign(new Error("terminating connection"), { code: "57P01" });
    let preparations = 0;
    const { connector, log, opened } = setUp({
      prepare: async () => {
        if (preparations++ === 0) throw failure;
      },
    });
    await connector.connect({});
    expect(log).toEqual(["connect", "destroy", "connect"]);
    expect(opened).toHaveLength(1);
  });

  it("ends the attempts under way when it is closed, and refuses new ones", async () => {
    const { connector, script, log } = setUp();
    script.push("silent");
    const connecting = connector.connect({});
    await expect.poll(() => log).toContain("connect");
    connector.close();
    await expect(connecting).rejects.toMatchObject({
      parent: { code: "ECONNRESET" },
      cause: {
        code: "RDS_PROXY_CLOSED",
        message: "The connections to app@localhost:5432 were closed with close().",
      },
    });
    await expect(connector.connect({})).rejects.toMatchObject({ cause: expect.any(RdsProxyError) });
    expect(log.filter((entry) => entry === "connect")).toHaveLength(1);
  });

  it("makes no further attempt for invocations that have ended", async () => {
    const { connector, invocations, script, log } = setUp();
    invocations.start(invocation);
    script.push("silent");
    const connecting = connector.connect({});
    await expect.poll(() => log).toContain("connect");
    invocations.end(invocation);
    connector.abandonAttempts();
    await expect(connecting).rejects.toMatchObject({ cause: { code: "RDS_PROXY_LEASE_ENDED" } });
    expect(log.filter((entry) => entry === "connect")).toHaveLength(1);
  });

  it("knows what the driver is called for during an attempt only", () => {
    const { connector } = setUp();
    expect(() => connector.request).toThrow("outside of an attempt");
  });
});
