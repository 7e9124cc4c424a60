import { onRdsProxyEvent, type RdsProxyEvents } from "@rds-proxy/core";
import { deadlineIn } from "@rds-proxy/core/adapter";
import { Restores } from "@rds-proxy/core/internal";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { fakeTimeClock, freeze, passTime, useFakeTime } from "../../core/src/testing/fake-time.js";
import { CREDENTIALS, PROXY_HOST } from "../../core/src/testing/resolved-options.js";
import { scriptedAdapter } from "../../core/src/testing/scripted-adapter.js";
import { type ScriptedDb, ScriptedDriver } from "../../core/src/testing/scripted-driver.js";
import { START } from "../../core/src/testing/virtual-clock.js";
import { EnvironmentDatabase } from "./environment-database.js";
import type { Holder } from "./invocations.js";
import { type DatabaseOptions, resolveDatabaseOptions } from "./options.js";
import type { TimeBudget } from "./time-budget.js";

const IN_LAMBDA = { AWS_LAMBDA_FUNCTION_NAME: "shop" };

beforeEach(() => {
  useFakeTime(START);
});
afterEach(() => {
  vi.useRealTimers();
});

interface Trial {
  readonly options?: DatabaseOptions<ScriptedDb>;
  readonly env?: Readonly<Record<string, string>>;
  /** Holders whose invocation is over. */
  readonly ended?: ReadonlySet<Holder>;
}

function createDatabase({ options = {}, env = {}, ended = new Set() }: Trial = {}) {
  const driver = new ScriptedDriver();
  const restores = new Restores(fakeTimeClock, env);
  const resolved = resolveDatabaseOptions(
    { host: PROXY_HOST, user: "app", credentials: CREDENTIALS, ...options },
    scriptedAdapter(driver),
    { clock: fakeTimeClock, env, restores, random: () => 0.5 },
  );
  const database = new EnvironmentDatabase<ScriptedDb, Holder>(resolved, (holder) => ended.has(holder));
  onTestFinished(() => database.close());
  return { database, driver, restores };
}

/** An invocation with this much time in all, and for waiting. */
function budget(deadlineMs = 60_000, waitMs = deadlineMs): TimeBudget {
  return {
    deadline: deadlineIn(deadlineMs, fakeTimeClock),
    waitDeadline: deadlineIn(waitMs, fakeTimeClock),
  };
}

function invocation(awsRequestId = "1"): Holder {
  return { context: { awsRequestId } };
}

/** Waits until a promise of something that takes 10 ms has settled. */
async function soon<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  await passTime(10);
  return await promise;
}

function reasonsOfDiscards(): string[] {
  const reasons: string[] = [];
  const note = ({ reason }: RdsProxyEvents["discard"]): unknown => reasons.push(reason);
  onTestFinished(onRdsProxyEvent("discard", note));
  return reasons;
}

describe("an invocation", () => {
  it("holds a connection between acquire and release, which the next one gets", async () => {
    const { database, driver } = createDatabase();
    const [first, second] = [invocation(), invocation()];
    const { db } = await soon(database.acquire(first, budget()));
    expect([database.isHeldBy(first), database.isHeldBy(second)]).toEqual([true, false]);
    await database.release(first, budget());
    expect(database.isHeldBy(first)).toBe(false);
    expect((await soon(database.acquire(second, budget()))).db.connection).toBe(db.connection);
    expect(driver.log).toEqual(["connect"]);
  });

  it("that is destroyed closes its connection with the reason", async () => {
    const reasons = reasonsOfDiscards();
    const { database, driver } = createDatabase();
    const holder = invocation();
    await soon(database.acquire(holder, budget()));
    database.destroy(holder, "invocation timed out");
    expect(driver.log).toEqual(["connect", "destroy 1"]);
    expect(reasons).toEqual(["invocation timed out"]);
    expect(database.isHeldBy(holder)).toBe(false);
  });

  it.each([
    ["acquireTimeoutMs", 400, budget(60_000, 9000)],
    ["its time for waiting", 400, budget(60_000, 400)],
  ])("waits for a connection no longer than %s", async (_, expectedMs, second) => {
    const { database } = createDatabase({ options: { acquireTimeoutMs: 400 } });
    await soon(database.acquire(invocation(), budget()));
    const settled = vi.fn();
    const failed = database.acquire(invocation(), second).catch((error: unknown) => {
      settled();
      return error;
    });
    await passTime(expectedMs - 11);
    expect(settled).not.toHaveBeenCalled();
    await passTime(11);
    expect(await failed).toMatchObject({ code: "RDS_PROXY_NO_FREE_CONNECTION" });
  });

  it("rolls back within its time for waiting", async () => {
    const { database, driver } = createDatabase();
    const holder = invocation();
    const { db } = await soon(database.acquire(holder, budget()));
    db.connection.state = "transaction";
    driver.silenceAll();
    const released = database.release(holder, budget(60_000, 200));
    await passTime(199);
    expect(driver.open).toHaveLength(1);
    await passTime(1);
    await released;
    expect(driver.open).toHaveLength(0);
  });

  it("that never reported its end is cleaned up before the next one gets the connection", async () => {
    const { database, driver } = createDatabase({ env: IN_LAMBDA });
    const { db } = await soon(database.acquire(invocation("1"), budget()));
    db.connection.state = "transaction";
    const next = await soon(database.acquire(invocation("2"), budget()));
    expect(db.isRevoked).toBe(true);
    expect(next.db.connection).toBe(db.connection);
    expect(driver.log).toEqual(["connect", "rollback 1"]);
  });

  it("that is over by what its holder shows is cleaned up likewise", async () => {
    const ended = new Set<Holder>();
    const { database } = createDatabase({ ended });
    const holder = invocation();
    const { db } = await soon(database.acquire(holder, budget()));
    ended.add(holder);
    expect((await soon(database.acquire(invocation(), budget()))).db.connection).toBe(db.connection);
  });
});

describe("a database that prefetches", () => {
  it("opens its first connection while an on-demand function initialises", async () => {
    const { driver } = createDatabase({ env: { AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand" } });
    await passTime(10);
    expect(driver.log).toEqual(["connect"]);
  });

  it.each<[string, Trial]>([
    ["provisioned concurrency", { env: { AWS_LAMBDA_INITIALIZATION_TYPE: "provisioned-concurrency" } }],
    ["another host", {}],
    [
      "prefetch: false",
      { env: { AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand" }, options: { prefetch: false } },
    ],
  ])("does not with %s", async (_, trial) => {
    const { driver } = createDatabase(trial);
    await passTime(10);
    expect(driver.log).toEqual([]);
  });
});

describe("a warm-up", () => {
  it("opens a connection for the first invocation", async () => {
    const { database, driver } = createDatabase();
    await soon(database.warmUp());
    expect(driver.open).toHaveLength(1);
    await soon(database.acquire(invocation(), budget()));
    expect(driver.log).toEqual(["connect"]);
  });

  it("fails as the first invocation would, after acquireTimeoutMs", async () => {
    const { database, driver } = createDatabase({ options: { acquireTimeoutMs: 400 } });
    driver.script.push({ ms: 60_000 }, { ms: 60_000 }, { ms: 60_000 });
    const failed = database.warmUp().catch((error: unknown) => error);
    await passTime(400);
    expect(await failed).toMatchObject({ code: "RDS_PROXY_UNREACHABLE" });
  });

  it("closes the connection again if a snapshot is ahead, but not after the restore", async () => {
    const { database, driver } = createDatabase({ env: { AWS_LAMBDA_INITIALIZATION_TYPE: "snap-start" } });
    await soon(database.warmUp());
    expect(driver.log).toEqual(["connect", "end 1"]);
    database.afterRestore();
    await soon(database.warmUp());
    expect(driver.open).toHaveLength(1);
  });
});

describe("a snapshot", () => {
  it("has no idle connections, but those that an invocation uses", async () => {
    const { database, driver } = createDatabase({ options: { maxConnections: 2 } });
    const [first, second] = [invocation(), invocation()];
    await soon(database.acquire(first, budget()));
    await soon(database.acquire(second, budget()));
    await database.release(first, budget());
    await database.beforeSnapshot();
    expect(driver.log).toEqual(["connect", "connect", "end 1"]);
    expect(database.isHeldBy(second)).toBe(true);
  });

  it("leaves no connection that is used after the restore", async () => {
    const { database, driver } = createDatabase();
    await soon(database.warmUp());
    freeze(1);
    database.afterRestore();
    await soon(database.acquire(invocation(), budget()));
    expect(driver.log).toEqual(["connect", "destroy 1", "connect"]);
  });

  it("is over with the first invocation of a function with SnapStart", async () => {
    const { database, driver, restores } = createDatabase({
      env: { AWS_LAMBDA_INITIALIZATION_TYPE: "snap-start" },
    });
    expect(restores.isSnapshotAhead).toBe(true);
    await soon(database.acquire(invocation(), budget()));
    expect(restores.isSnapshotAhead).toBe(false);
    expect(driver.open).toHaveLength(1);
  });
});

describe("a SIGTERM", () => {
  let before: number;
  beforeEach(() => {
    before = process.listenerCount("SIGTERM");
    vi.spyOn(process, "kill").mockReturnValue(true);
    return () => {
      vi.restoreAllMocks();
      expect(process.listenerCount("SIGTERM")).toBe(before);
    };
  });

  it("closes the connections at once if no invocation uses one", async () => {
    const { database, driver } = createDatabase();
    await soon(database.warmUp());
    process.emit("SIGTERM");
    await passTime(0);
    expect(driver.log).toEqual(["connect", "end 1"]);
    await expect(database.acquire(invocation(), budget())).rejects.toMatchObject({
      code: "RDS_PROXY_CLOSED",
    });
  });

  it("waits for a running invocation, and then until its result is reported", async () => {
    const { database, driver } = createDatabase();
    const holder = invocation();
    await soon(database.acquire(holder, budget()));
    process.emit("SIGTERM");
    await passTime(1000);
    expect(driver.open).toHaveLength(1);
    await database.release(holder, budget());
    await passTime(99);
    expect(driver.open).toHaveLength(1);
    await passTime(1);
    expect(driver.open).toHaveLength(0);
  });

  it("waits for an invocation that begins while the result of another is reported", async () => {
    const { database, driver } = createDatabase();
    const [first, second] = [invocation(), invocation()];
    await soon(database.acquire(first, budget()));
    process.emit("SIGTERM");
    await database.release(first, budget());
    await passTime(50);
    await soon(database.acquire(second, budget()));
    await passTime(1000);
    expect(driver.open).toHaveLength(1);
    await database.release(second, budget());
    await passTime(100);
    expect(driver.open).toHaveLength(0);
  });

  it("gives the rollback of an abandoned invocation 50 ms", async () => {
    const { database, driver } = createDatabase({ env: IN_LAMBDA });
    const { db } = await soon(database.acquire(invocation(), budget(100)));
    db.connection.state = "transaction";
    driver.silenceAll();
    await passTime(100);
    process.emit("SIGTERM");
    await passTime(49);
    expect(driver.open).toHaveLength(1);
    await passTime(1);
    expect(driver.open).toHaveLength(0);
  });

  it("is not waited for by a database that was closed", async () => {
    const { database } = createDatabase();
    expect(process.listenerCount("SIGTERM")).toBe(before + 1);
    await database.close();
    expect(process.listenerCount("SIGTERM")).toBe(before);
  });

  it.each<[string, Trial]>([
    ["closeOnSigterm: false", { options: { closeOnSigterm: false } }],
    ["Managed Instances, which send none", { env: { AWS_LAMBDA_MAX_CONCURRENCY: "8" } }],
  ])("has no listener with %s", (_, trial) => {
    createDatabase(trial);
    expect(process.listenerCount("SIGTERM")).toBe(before);
  });
});
