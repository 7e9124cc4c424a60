import { onRdsProxyEvent } from "@rds-proxy/core";
import { deadlineIn } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import { Sequelize } from "sequelize";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createVirtualClock } from "../../core/src/testing/virtual-clock.js";
import { createScriptedSequelize, type ScriptedSequelize } from "./testing/scripted-sequelize.js";

const forever = (): Promise<void> => new Promise(() => undefined);
const full = () => Promise.reject(Object.assign(new Error("too many clients"), { code: "53300" }));
const absent = () => Promise.reject(Object.assign(new Error("no such database"), { code: "3D000" }));

const twoConnections = { rdsProxy: { maxConnections: 2 } };
const promptRetries = { rdsProxy: { retry: { baseDelayMs: 1, maxDelayMs: 1 } } };

/** The reasons for which connections are discarded. */
function watchDiscards(): string[] {
  const reasons: string[] = [];
  onTestFinished(onRdsProxyEvent("discard", ({ reason }) => reasons.push(reason)));
  return reasons;
}

/** Takes connections, and puts them back. */
async function fill({ manager, connections }: ScriptedSequelize, count: number): Promise<void> {
  const taken = await Promise.all(Array.from({ length: count }, () => manager.getConnection()));
  for (const connection of taken) manager.releaseConnection(connection);
  for (const connection of connections) connection.log = [];
}

/** Sequelize's pool has a connection that was destroyed, or has ended, destroyed once more. */
const logsOf = ({ connections }: ScriptedSequelize): string[][] => connections.map(({ log }) => log);

describe("a prefetch", () => {
  it("opens one connection, however often it is asked for", async () => {
    const scripted = createScriptedSequelize(twoConnections);
    const { resource, connections, far } = scripted;
    resource.prefetch();
    resource.prefetch();
    await resource.acquire(far());
    expect(connections).toHaveLength(1);
  });

  it("is made again after it was used", async () => {
    const { resource, connections, far } = createScriptedSequelize();
    resource.prefetch();
    await resource.closeIdle();
    resource.prefetch();
    await resource.acquire(far());
    expect(connections).toHaveLength(2);
  });

  it("makes a single attempt, and the invocation as many as may help", async () => {
    const { resource, connections, logins, far } = createScriptedSequelize(promptRetries);
    logins.push(full, full);
    resource.prefetch();
    await resource.closeIdle();
    expect(connections).toHaveLength(1);
    await resource.acquire(far());
    expect(connections).toHaveLength(3);
  });

  it("that does not end in its time is abandoned, and the invocation connects anew", async () => {
    const { resource, connections, logins, far } = createScriptedSequelize({
      rdsProxy: { connectTimeoutMs: 30 },
    });
    logins.push(forever);
    resource.prefetch();
    await expect.poll(() => connections).toHaveLength(1);
    await resource.acquire(far());
    expect(connections.map(({ state }) => state)).toEqual(["unusable", "idle"]);
  });
});

describe("an acquire", () => {
  it("that fails ends what was begun for its invocation", async () => {
    const scripted = createScriptedSequelize();
    const { resource, manager, invocations, options, far } = scripted;
    const discards = watchDiscards();
    const acquiring = resource.acquire(deadlineIn(10, options.runtime.clock), far());
    const beside = await manager.getConnection();
    await expect(acquiring).rejects.toMatchObject({
      name: "RdsProxyError",
      code: "RDS_PROXY_NO_FREE_CONNECTION",
    });
    expect(invocations.isEmpty).toBe(true);
    expect(beside).toMatchObject({ state: "unusable", log: ["ref", "revoke", "destroy", "destroy"] });
    expect(discards).toEqual(["never leased"]);
  });

  it("rejects with the middleware's error of a connect that fails, and with a hook's own", async () => {
    const failing = createScriptedSequelize();
    failing.logins.push(absent);
    await expect(failing.resource.acquire(failing.far())).rejects.toMatchObject({
      name: "RdsProxyError",
      code: "RDS_PROXY_REFUSED",
    });
    const error = new Error("of a hook");
    const hooked = createScriptedSequelize({
      own: { hooks: { beforeConnect: () => Promise.reject(error) } },
    });
    await expect(hooked.resource.acquire(hooked.far())).rejects.toBe(error);
  });

  it("that waits when the connections are closed, and each later one, fails with RDS_PROXY_CLOSED", async () => {
    const { resource, manager, connections, far } = createScriptedSequelize();
    await manager.getConnection();
    const acquiring = expect(resource.acquire(far())).rejects.toMatchObject({ code: "RDS_PROXY_CLOSED" });
    await resource.close();
    await acquiring;
    await expect(resource.acquire(far())).rejects.toMatchObject({
      code: "RDS_PROXY_CLOSED",
      message: "The connections to app@localhost:5432 were closed with close().",
    });
    expect(connections).toHaveLength(1);
  });
});

describe("an acquire with two deadlines", () => {
  it("limits the waits of later statements by the second", async () => {
    const { resource, manager, options, far } = createScriptedSequelize();
    await resource.acquire(far(), deadlineIn(50, options.runtime.clock));
    await manager.getConnection();
    await expect(manager.getConnection()).rejects.toMatchObject({
      cause: { code: "RDS_PROXY_NO_FREE_CONNECTION" },
    });
  });
});

describe("an acquire without a prefetch", () => {
  it("does not end a connect that is under way", async () => {
    const { resource, manager, connections, logins, far } = createScriptedSequelize(promptRetries);
    const login = Promise.withResolvers<void>();
    logins.push(() => login.promise);
    const waiting = manager.getConnection();
    await expect.poll(() => connections).toHaveLength(1);
    const acquiring = resource.acquire(far());
    await new Promise((turn) => setImmediate(turn));
    login.resolve();
    manager.releaseConnection(await waiting);
    await acquiring;
    expect(connections).toHaveLength(1);
  });
});

describe("the connections", () => {
  it("that no statement uses are closed by closeIdle(), and others are not", async () => {
    const scripted = createScriptedSequelize(twoConnections);
    const { resource, manager } = scripted;
    await fill(scripted, 2);
    const used = await manager.getConnection();
    await resource.closeIdle();
    expect(logsOf(scripted)).toEqual([["end", "destroy"], ["ref"]]);
    expect(used).toBe(scripted.connections[1]);
  });

  it("are closed in order if they are idle, and revoked if they are used", async () => {
    const scripted = createScriptedSequelize(twoConnections);
    const { resource, manager } = scripted;
    await fill(scripted, 2);
    await manager.getConnection();
    const discards = watchDiscards();
    const closing = resource.close();
    expect(resource.close()).toBe(closing);
    await closing;
    expect(logsOf(scripted)).toEqual([["end"], ["ref", "revoke", "destroy", "destroy"]]);
    expect(discards).toEqual(["closed"]);
  });

  it("that are being opened when they are closed are abandoned", async () => {
    const { resource, manager, connections, logins } = createScriptedSequelize();
    logins.push(forever);
    const connecting = expect(manager.getConnection()).rejects.toMatchObject({
      cause: { code: "RDS_PROXY_CLOSED" },
    });
    await expect.poll(() => connections).toHaveLength(1);
    await resource.close();
    await connecting;
    expect(connections.map(({ state }) => state)).toEqual(["unusable"]);
  });

  it("are destroyed if Sequelize does not close them in time", async () => {
    const hook = Promise.withResolvers<void>();
    onTestFinished(() => hook.resolve());
    let isSlow = false;
    const afterConnect = vi.fn(() => (isSlow ? hook.promise : undefined));
    const clock = {
      ...createVirtualClock(),
      startTimer: (delayMs: number, callback: () => void) =>
        systemRuntime.clock.startTimer(delayMs === 200 ? 1 : delayMs, callback),
    };
    const scripted = createScriptedSequelize({
      ...twoConnections,
      clock,
      own: { hooks: { afterConnect } },
    });
    const { resource, manager, connections } = scripted;
    const used = await manager.getConnection();
    isSlow = true;
    const waiting = manager.getConnection();
    await expect.poll(() => afterConnect.mock.calls).toHaveLength(2);
    manager.releaseConnection(used);
    manager.releaseConnection(await waiting);
    const discards = watchDiscards();
    await resource.close();
    expect(discards).toEqual(["not closed in order", "not closed in order"]);
    expect(connections.map(({ state }) => state)).toEqual(["unusable", "unusable"]);
  });
});

describe("a lease", () => {
  it("is released once, with the time of its use", async () => {
    const clock = createVirtualClock();
    const { resource, far } = createScriptedSequelize({ clock });
    const released: number[] = [];
    onTestFinished(onRdsProxyEvent("release", ({ useMs }) => released.push(useMs)));
    const lease = await resource.acquire(far());
    clock.advance(25);
    const first = lease.release(far());
    expect(lease.release(far())).toBe(first);
    await first;
    lease.destroy("too late");
    expect(released).toEqual([25]);
  });

  it("that was destroyed is not released", async () => {
    const { resource, connections, far } = createScriptedSequelize();
    const released = vi.fn();
    onTestFinished(onRdsProxyEvent("release", released));
    const lease = await resource.acquire(far());
    lease.destroy("for the test");
    await expect(lease.release(far())).resolves.toBeUndefined();
    expect(released).not.toHaveBeenCalled();
    expect(connections[0]?.state).toBe("unusable");
  });

  it("that is released destroys the connections that its invocation still uses", async () => {
    const scripted = createScriptedSequelize();
    const { resource, manager, far } = scripted;
    const lease = await resource.acquire(far());
    await manager.getConnection();
    const discards = watchDiscards();
    await lease.release(far());
    expect(scripted.connections[0]).toMatchObject({
      state: "unusable",
      log: expect.arrayContaining(["revoke"]),
    });
    expect(discards).toEqual(["still in use when its invocation ended"]);
  });

  it("that is released rolls back when no other invocation runs", async () => {
    const scripted = createScriptedSequelize();
    const { resource, connections, far } = scripted;
    const [one, other] = [await resource.acquire(far()), await resource.acquire(far())];
    const [connection] = connections;
    if (!connection) throw new Error("no connection");
    connection.state = "transaction";
    connection.log = [];
    await one.release(far());
    expect(connection.log).toEqual([]);
    await other.release(far());
    expect(connection.log).toEqual(["rollback"]);
  });

  it("that is released leaves alone what the initialization still uses", async () => {
    const scripted = createScriptedSequelize(twoConnections);
    const { resource, manager, connections, far } = scripted;
    const used = await manager.getConnection();
    const lease = await resource.acquire(far());
    for (const connection of connections) Object.assign(connection, { state: "transaction", log: [] });
    await lease.release(far());
    expect(connections[0]).toBe(used);
    expect(logsOf(scripted)).toEqual([[], ["rollback"]]);
  });

  it("that is released waits until session state is known", async () => {
    const scripted = createScriptedSequelize();
    const { resource, connections, far } = scripted;
    const lease = await resource.acquire(far());
    const [connection] = connections;
    if (!connection) throw new Error("no connection");
    connection.untilSessionIsRead = async () => {
      connection.sessionState = ["set"];
    };
    const discards = watchDiscards();
    await lease.release(far());
    expect(connection.state).toBe("unusable");
    expect(discards).toEqual(["session state: set"]);
  });

  it("that is destroyed ends all connections and attempts if no other invocation runs", async () => {
    const scripted = createScriptedSequelize(twoConnections);
    const { resource, manager, connections, logins, far } = scripted;
    const lease = await resource.acquire(far());
    const used = await manager.getConnection();
    logins.push(forever);
    const waiting = manager.getConnection();
    await expect.poll(() => connections).toHaveLength(2);
    manager.releaseConnection(used);
    manager.releaseConnection(await waiting);
    const discards = watchDiscards();
    lease.destroy("for the test");
    expect(connections.map(({ state }) => state)).toEqual(["unusable", "unusable"]);
    expect(discards).toEqual(["for the test"]);
  });

  it.each([
    [undefined, ["session state: set"]],
    ["keep", []],
  ] as const)(
    "that is destroyed beside others ends its session state, unless that is %s",
    async (sessionState, reasons) => {
      const scripted = createScriptedSequelize({ rdsProxy: { sessionState } });
      const { resource, connections, far } = scripted;
      const lease = await resource.acquire(far());
      await resource.acquire(far());
      Object.assign(connections[0] ?? {}, { sessionState: ["set"] });
      const discards = watchDiscards();
      lease.destroy("for the test");
      await new Promise((turn) => setImmediate(turn));
      expect(discards).toEqual(reasons);
    },
  );

  it("that is destroyed beside others ends all connections if session state cannot be read", async () => {
    const scripted = createScriptedSequelize();
    const { resource, connections, far } = scripted;
    const lease = await resource.acquire(far());
    await resource.acquire(far());
    Object.assign(connections[0] ?? {}, { untilSessionIsRead: () => Promise.reject(new Error("lost")) });
    const discards = watchDiscards();
    lease.destroy("for the test");
    await expect.poll(() => discards).toEqual(["for the test"]);
  });

  it("ends when the connections are closed", async () => {
    const scripted = createScriptedSequelize();
    const { resource, invocations, far } = scripted;
    const lease = await resource.acquire(far());
    const discards = watchDiscards();
    await resource.close();
    expect(invocations.isEmpty).toBe(true);
    expect(discards).toEqual(["closed"]);
    await expect(lease.db.query("select 1")).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
  });
});

describe("the db of a lease", () => {
  const methods = Object.entries(Object.getOwnPropertyDescriptors(Sequelize.prototype)).flatMap(
    ([name, { value }]) => (Object.prototype.toString.call(value) === "[object AsyncFunction]" ? [name] : []),
  );

  async function ended(): Promise<object> {
    const { resource, far } = createScriptedSequelize();
    const { db, release } = await resource.acquire(far());
    await release(far());
    return db;
  }

  it.each(methods.filter((name) => !name.startsWith("_")))(
    "rejects when `%s` is called after the end, since that returns a promise",
    async (name) => {
      const db = await ended();
      const result: unknown = Reflect.apply(Reflect.get(db, name), db, []);
      await expect(result).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
    },
  );

  it.each(["define", "model", "getDialect", "fn"])(
    "throws when `%s` is called after the end",
    async (name) => {
      const db = await ended();
      expect(() => Reflect.apply(Reflect.get(db, name), db, [])).toThrow(
        expect.objectContaining({ code: "RDS_PROXY_LEASE_ENDED" }),
      );
    },
  );

  it("does not close the pool, which outlives the invocation", async () => {
    const { resource, connections, far } = createScriptedSequelize();
    const { db } = await resource.acquire(far());
    const closed: unknown = db.close();
    expect(closed).toBeInstanceOf(Promise);
    await expect(closed).resolves.toBeUndefined();
    await resource.acquire(far());
    expect(connections.map(({ state }) => state)).toEqual(["idle"]);
  });
});
