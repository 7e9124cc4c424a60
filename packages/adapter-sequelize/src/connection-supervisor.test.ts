import { deadlineIn } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createVirtualClock } from "../../core/src/testing/virtual-clock.js";
import { InvocationTracker } from "./running-invocations.js";
import { createBareSequelize, createScriptedSequelize, supervise } from "./testing/scripted-sequelize.js";

const forever = (): Promise<void> => new Promise(() => undefined);

describe("a statement that waited while another invocation began a transaction and stayed alone", () => {
  async function waitBesideTransaction(isBeside: boolean) {
    const { manager, invocations, connections, newInvocation } = createScriptedSequelize();
    const other = newInvocation();
    invocations.start(newInvocation());
    const connection = await manager.getConnection();
    const [scripted] = connections;
    if (scripted !== connection) throw new Error("another connection was handed out");
    if (isBeside) invocations.start(other);
    const waiting = manager.getConnection();
    invocations.end(other);
    scripted.state = "transaction";
    scripted.log = [];
    manager.releaseConnection(connection);
    return { manager, connection: scripted, waiting };
  }

  it("is not sent in the transaction if it was sent while both ran, and the transaction goes on", async () => {
    const { manager, connection, waiting } = await waitBesideTransaction(true);
    await expect(waiting).rejects.toMatchObject({
      code: "RDS_PROXY_UNSUPPORTED",
      message: expect.stringContaining("Use sequelize.transaction(), and await every query"),
    });
    expect(await manager.getConnection()).toBe(connection);
    expect(connection.state).toBe("transaction");
    expect(connection.log).not.toContain("rollback");
  });

  it("is part of the transaction if that invocation ran alone", async () => {
    const { connection, waiting } = await waitBesideTransaction(false);
    expect(await waiting).toBe(connection);
    expect(connection.log).not.toContain("rollback");
  });
});

describe("a connection of the pool", () => {
  it("keeps the process alive while it is used, and not in the pool", async () => {
    const { manager, connections } = createScriptedSequelize();
    manager.releaseConnection(await manager.getConnection());
    expect(connections[0]?.log).toEqual(["ref", "unref"]);
  });

  it("that is released twice, or after it was destroyed, disturbs nothing", async () => {
    const { manager, connections, supervisor } = createScriptedSequelize();
    const connection = await manager.getConnection();
    Object.assign(connection, { state: "transaction" });
    manager.releaseConnection(connection);
    manager.releaseConnection(connection);
    supervisor.destroyAll("for the test");
    await manager.getConnection();
    expect(connections).toHaveLength(2);
    manager.releaseConnection(connection);
  });

  it("is closed in order if it is idle, and not asked to end if it is unusable", async () => {
    const { manager, connections } = createScriptedSequelize();
    const closed = async (state: "idle" | "unusable") => {
      const connection = await manager.getConnection();
      Object.assign(connection, { state, log: [] });
      await manager.destroyConnection(connection);
      return connections.at(-1)?.log;
    };
    expect(await closed("idle")).toEqual(["end"]);
    expect(await closed("unusable")).toEqual(["destroy"]);
  });

  it("whose hook fails rejects with the hook's error", async () => {
    const { manager } = createScriptedSequelize({
      own: { hooks: { beforeConnect: () => Promise.reject(new Error("of a hook")) } },
    });
    await expect(manager.getConnection()).rejects.toThrow("of a hook");
  });
});

describe("the timers that close idle connections", () => {
  const isRef = (pool: object | undefined): unknown =>
    Object(Reflect.get(Object(pool), "_removeIdleTimer")).hasRef();

  it("let the process end, however often they start anew", async () => {
    const { manager, sequelize } = createScriptedSequelize({ own: { pool: { evict: 1 } } });
    onTestFinished(() => sequelize.close());
    manager.releaseConnection(await manager.getConnection());
    const first = Reflect.get(Object(manager.pool), "_removeIdleTimer");
    expect(isRef(manager.pool)).toBe(false);
    await expect.poll(() => Reflect.get(Object(manager.pool), "_removeIdleTimer")).not.toBe(first);
    expect(isRef(manager.pool)).toBe(false);
  });

  it("let the process end with read replicas, too", async () => {
    const { manager } = createScriptedSequelize({ own: { replication: { write: {}, read: [{}] } } });
    for (const useMaster of [false, true]) {
      manager.releaseConnection(await manager.getConnection({ type: "SELECT", useMaster }));
    }
    expect([isRef(manager.pool.read), isRef(manager.pool.write)]).toEqual([false, false]);
  });
});

describe("a pool that had a connection before it was taken over", () => {
  it("keeps it as Sequelize's, and lets the process end", async () => {
    const bare = createBareSequelize();
    const { manager, connections } = bare;
    const connection = await manager.getConnection();
    manager.releaseConnection(connection);
    const timer: { hasRef(): boolean } = Reflect.get(Object(manager.pool), "_removeIdleTimer");
    expect(timer.hasRef()).toBe(true);
    const supervisor = supervise(bare, new InvocationTracker());
    expect(timer.hasRef()).toBe(false);
    expect(await manager.getConnection()).toBe(connection);
    supervisor.adoptSessionState(connection);
    manager.releaseConnection(connection);
    await manager.destroyConnection(connection);
    expect(connections).toEqual([connection]);
    expect(connections[0]?.log).toEqual(["disconnect"]);
  });
});

describe("the time that a statement may wait for a connection", () => {
  const LIMIT_MS = 30_000;

  function setUp({ areKnown = true, maxConnections = 1 } = {}) {
    const limits: number[] = [];
    const clock = {
      ...createVirtualClock(),
      startTimer(delayMs: number, callback: () => void) {
        if (delayMs === LIMIT_MS) limits.push(delayMs);
        return systemRuntime.clock.startTimer(delayMs, callback);
      },
    };
    const given = { rdsProxy: { maxConnections, acquireTimeoutMs: LIMIT_MS }, clock };
    if (areKnown) {
      const scripted = createScriptedSequelize(given);
      scripted.invocations.start(scripted.newInvocation());
      return { ...scripted, limits };
    }
    const bare = createBareSequelize(given);
    supervise(bare, undefined);
    return { ...bare, limits };
  }

  it("is not watched with a free connection, however many came before", async () => {
    const { manager, limits } = setUp();
    manager.releaseConnection(await manager.getConnection());
    limits.length = 0;
    for (let statement = 0; statement < 3; statement++) {
      manager.releaseConnection(await manager.getConnection());
    }
    expect(limits).toEqual([]);
  });

  it("is watched for each caller beyond the free connections", async () => {
    const { manager, limits } = setUp();
    manager.releaseConnection(await manager.getConnection());
    limits.length = 0;
    const first = manager.getConnection();
    const second = manager.getConnection();
    expect(limits).toHaveLength(1);
    manager.releaseConnection(await first);
    manager.releaseConnection(await second);
  });

  it("is watched while all connections are used, or lost", async () => {
    const { manager, limits, connections } = setUp();
    const used = await manager.getConnection();
    limits.length = 0;
    const waiting = manager.getConnection();
    expect(limits).toHaveLength(1);
    manager.releaseConnection(used);
    manager.releaseConnection(await waiting);
    limits.length = 0;
    Object.assign(connections[0] ?? {}, { state: "unusable" });
    const replaced = manager.getConnection();
    expect(limits).toHaveLength(1);
    await replaced;
  });

  it("is the pool's own outside of the middleware", async () => {
    const { manager, limits } = setUp({ areKnown: false });
    const used = await manager.getConnection();
    limits.length = 0;
    const waiting = manager.getConnection();
    expect(limits).toEqual([]);
    manager.releaseConnection(used);
    await waiting;
  });

  it("ends with its invocation's, and the connection that comes later is the next caller's", async () => {
    const { manager, invocations, options, newInvocation } = createScriptedSequelize();
    const used = await manager.getConnection();
    invocations.start({ deadline: deadlineIn(10, options.runtime.clock) });
    await expect(manager.getConnection()).rejects.toMatchObject({
      name: "SequelizeConnectionAcquireTimeoutError",
      cause: {
        code: "RDS_PROXY_NO_FREE_CONNECTION",
        message: expect.stringMatching(/^No connection to app@localhost:5432 .* all 1 of this process/),
      },
    });
    invocations.start(newInvocation());
    manager.releaseConnection(used);
    expect(await manager.getConnection()).toBe(used);
  });
});

it("an invocation with less time than another one does not blame those in use while the pool connects", async () => {
  const { manager, supervisor, invocations, options, logins, newInvocation } = createScriptedSequelize({
    rdsProxy: { maxConnections: 2 },
  });
  const late = Promise.withResolvers<void>();
  const used = await manager.getConnection();
  invocations.start(newInvocation());
  logins.push(() => late.promise);
  const soon = deadlineIn(10, options.runtime.clock);
  await expect(supervisor.ready(soon)).rejects.toMatchObject({
    name: "SequelizeConnectionAcquireTimeoutError",
    cause: {
      code: "RDS_PROXY_UNREACHABLE",
      message: expect.stringMatching(
        /^No connection to app@localhost:5432 .* still connecting\. Give .* attempts\.$/,
      ),
    },
  });
  late.resolve();
  const connection = await manager.getConnection();
  await expect(supervisor.ready(deadlineIn(10, options.runtime.clock))).rejects.toMatchObject({
    cause: { code: "RDS_PROXY_NO_FREE_CONNECTION" },
  });
  for (const each of [used, connection]) manager.releaseConnection(each);
});

describe("a connect whose invocations have ended", () => {
  it("does not fail the statement of another one that waits for a connection", async () => {
    const { manager, supervisor, invocations, connections, logins, newInvocation } = createScriptedSequelize({
      rdsProxy: { maxConnections: 2 },
    });
    const [one, other] = [newInvocation(), newInvocation()];
    const ofInitialization = await manager.getConnection();
    invocations.start(one);
    logins.push(forever);
    const first = manager.getConnection();
    await expect.poll(() => connections).toHaveLength(2);
    manager.releaseConnection(ofInitialization);
    expect(await first).toBe(ofInitialization);
    invocations.start(other);
    const second = manager.getConnection();
    invocations.end(one);
    supervisor.abandonAttempts();
    await expect(second).resolves.toMatchObject({ state: "idle" });
    expect(connections).toHaveLength(3);
  });

  it("fails their own statement, and none is made for it again", async () => {
    const { manager, supervisor, invocations, connections, logins, newInvocation } =
      createScriptedSequelize();
    const one = newInvocation();
    invocations.start(one);
    logins.push(forever);
    const waiting = manager.getConnection();
    await expect.poll(() => connections).toHaveLength(1);
    invocations.end(one);
    supervisor.abandonAttempts();
    await expect(waiting).rejects.toMatchObject({ cause: { code: "RDS_PROXY_LEASE_ENDED" } });
    expect(connections).toHaveLength(1);
  });
});

describe("a statement whose invocation ends while it waits", () => {
  it("fails, and the connection stays in the pool", async () => {
    const { manager, invocations, connections, newInvocation } = createScriptedSequelize();
    const [one, other] = [newInvocation(), newInvocation()];
    const used = await manager.getConnection();
    invocations.start(one);
    const waiting = manager.getConnection();
    invocations.start(other);
    invocations.end(one);
    manager.releaseConnection(used);
    await expect(waiting).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
    expect(await manager.getConnection()).toBe(used);
    expect(connections).toHaveLength(1);
  });
});

describe("a transaction that began with a raw query, on a connection that is lost", () => {
  async function loseInUse() {
    const scripted = createScriptedSequelize({ rdsProxy: { maxConnections: 2 } });
    const { manager, invocations, newInvocation } = scripted;
    invocations.start(newInvocation());
    const connection = await manager.getConnection();
    Object.assign(connection, { state: "transaction" });
    manager.releaseConnection(connection);
    expect(await manager.getConnection()).toBe(connection);
    const lose = () => Object.assign(connection, { state: "unusable" });
    return { ...scripted, lose };
  }

  it("fails the statement that already waits for another connection, which stays in the pool", async () => {
    const { manager, connections, logins, lose } = await loseInUse();
    const login = Promise.withResolvers<void>();
    logins.push(() => login.promise);
    const waiting = manager.getConnection();
    await expect.poll(() => connections).toHaveLength(2);
    lose();
    login.resolve();
    await expect(waiting).rejects.toMatchObject({ parent: { code: "ECONNRESET" } });
    expect(connections[1]?.log).toEqual(["ref", "unref"]);
  });

  it("fails the next statement before a connection is opened for it", async () => {
    const { manager, connections, lose } = await loseInUse();
    lose();
    await expect(manager.getConnection()).rejects.toMatchObject({ parent: { code: "ECONNRESET" } });
    expect(connections).toHaveLength(1);
  });
});

describe("the check before an invocation", () => {
  async function withIdle(count: number, own: { afterPoolAcquire?: () => void } = {}) {
    const scripted = createScriptedSequelize({
      rdsProxy: { maxConnections: 2 },
      own: { hooks: own },
    });
    const { manager } = scripted;
    const used = await Promise.all(Array.from({ length: count }, () => manager.getConnection()));
    for (const connection of used) manager.releaseConnection(connection);
    for (const connection of scripted.connections) connection.log = [];
    return scripted;
  }
  const logsOf = ({ connections }: { connections: readonly { log: string[] }[] }): string[][] =>
    connections.map(({ log }) => log);

  it("of the only connection leaves it in the pool", async () => {
    const afterPoolAcquire = vi.fn();
    const scripted = await withIdle(1, { afterPoolAcquire });
    afterPoolAcquire.mockClear();
    scripted.invocations.start(scripted.newInvocation());
    await scripted.supervisor.ready(scripted.far());
    expect(afterPoolAcquire).not.toHaveBeenCalled();
    expect(logsOf(scripted)).toEqual([["isFit"]]);
  });

  it("of one of two connections is for the one that the pool hands out next", async () => {
    const scripted = await withIdle(2);
    scripted.invocations.start(scripted.newInvocation());
    await scripted.supervisor.ready(scripted.far());
    expect(logsOf(scripted)).toEqual([[], ["ref", "isFit", "unref"]]);
  });

  it("takes the connection out of the pool if another invocation may want it", async () => {
    const scripted = await withIdle(1);
    for (const invocation of [scripted.newInvocation(), scripted.newInvocation()]) {
      scripted.invocations.start(invocation);
    }
    await scripted.supervisor.ready(scripted.far());
    expect(logsOf(scripted)).toEqual([["ref", "isFit", "unref"]]);
  });

  it("takes the connection out of the pool if a statement waits for it", async () => {
    const afterPoolAcquire = vi.fn();
    const scripted = await withIdle(1, { afterPoolAcquire });
    afterPoolAcquire.mockClear();
    const waiting = scripted.manager.getConnection();
    scripted.invocations.start(scripted.newInvocation());
    const ready = scripted.supervisor.ready(scripted.far());
    scripted.manager.releaseConnection(await waiting);
    await ready;
    expect(afterPoolAcquire).toHaveBeenCalledTimes(2);
  });

  it("does not touch a connection in use", async () => {
    const scripted = createScriptedSequelize();
    const { manager, supervisor, invocations, newInvocation, far, connections } = scripted;
    const used = await manager.getConnection();
    Object.assign(used, { state: "transaction", log: [] });
    invocations.start(newInvocation());
    const ready = supervisor.ready(far());
    await new Promise((turn) => setImmediate(turn));
    expect(connections[0]?.log).toEqual([]);
    Object.assign(used, { state: "idle" });
    manager.releaseConnection(used);
    await ready;
  });
});
