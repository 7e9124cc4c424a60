import { RdsProxyError } from "@rds-proxy/core";
import { deadlineIn, resolveOptions } from "@rds-proxy/core/adapter";
import { AccessDeniedError, ConnectionError } from "sequelize";
import { describe, expect, it } from "vitest";
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
type Attempt = { readonly error: Error; readonly thrown?: Error } | { readonly connection: object };

function setUp({ prepare = async () => undefined }: { prepare?: () => Promise<void> } = {}) {
  const invocations = new InvocationTracker();
  const script: (Attempt | "silent")[] = [];
  const log: string[] = [];
  const opened: object[] = [];
  const connector: Connector = new Connector({
    connect: async () => {
      const { onOpening }: OpeningRequest = connector.request;
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
      if ("error" in attempt) {
        onOpening({ pooled: Promise.reject(attempt.error), destroy });
        throw attempt.thrown ?? new ConnectionError(attempt.error);
      }
      onOpening({ pooled: Promise.resolve(new ScriptedConnection()), destroy });
      return attempt.connection;
    },
    invocations,
    optionsOf: () => options,
    prepare,
    onConnected: (connection) => opened.push(connection),
  });
  return { connector, invocations, script, log, opened };
}

const full = (): Error => Object.assign(new Error("too many clients"), { code: "53300" });

describe("a connector", () => {
  it("reports the connection to its owner, and gives it to Sequelize", async () => {
    const { connector, opened } = setUp();
    const connection = await connector.connect({});
    expect(opened).toEqual([connection]);
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
    await expect(connecting).rejects.toMatchObject({ cause: { code: "RDS_PROXY_CLOSED" } });
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
