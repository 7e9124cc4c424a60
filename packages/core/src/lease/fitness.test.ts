import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { onRdsProxyEvent } from "../events.js";
import type { RdsProxyOptions } from "../options/options.js";
import { fakeTimeClock, freeze, passTime, useFakeTime } from "../testing/fake-time.js";
import { ORIGIN, resolvedOptions } from "../testing/resolved-options.js";
import { type ScriptedConnection, ScriptedDriver } from "../testing/scripted-driver.js";
import { START } from "../testing/virtual-clock.js";
import { deadlineIn } from "../time/deadline.js";
import { Restores } from "../time/restores.js";
import { isFitForUse } from "./fitness.js";

const HOUR_MS = 60 * 60_000;

let driver: ScriptedDriver;
let connection: ScriptedConnection;

beforeEach(async () => {
  useFakeTime(START);
  driver = new ScriptedDriver();
  const connected = driver.connect({ deadline: deadlineIn(1000, fakeTimeClock) });
  await passTime(10);
  connection = await connected;
  driver.log.length = 0;
});

afterEach(() => {
  vi.useRealTimers();
});

/** The verdict, and for how long it was waited for. */
async function judge({
  remainingMs = 10_000,
  validateAfterIdleMs = 5000,
  restores = new Restores(fakeTimeClock, {}),
  endpoint = {},
}: {
  remainingMs?: number;
  validateAfterIdleMs?: number;
  restores?: Restores;
  endpoint?: RdsProxyOptions;
} = {}): Promise<[boolean, number]> {
  const options = resolvedOptions({ validateAfterIdleMs, ...endpoint }, { clock: fakeTimeClock, restores });
  const startedAt = Date.now();
  let decidedAt = startedAt;
  const verdict = isFitForUse(driver, connection, deadlineIn(remainingMs, fakeTimeClock), options).finally(
    () => {
      decidedAt = Date.now();
    },
  );
  await passTime(remainingMs);
  return [await verdict, decidedAt - startedAt];
}

describe("a kept connection", () => {
  it("is fit without a round trip when it was used within validateAfterIdleMs", async () => {
    freeze(4999);
    expect(await judge()).toEqual([true, 0]);
    expect(driver.log).toEqual([]);
  });

  it("is validated with a ping if it was idle for longer, and is fit when the ping is answered", async () => {
    freeze(5000);
    const heard: unknown[] = [];
    onTestFinished(onRdsProxyEvent("validate", (event) => heard.push(event)));
    expect(await judge()).toEqual([true, 1]);
    expect(driver.log).toEqual(["ping 1"]);
    expect(heard).toEqual([{ ...ORIGIN, idleMs: 5000, durationMs: 1, isAlive: true }]);
  });

  it("is not fit after a restore of the process, and gets no ping", async () => {
    const restores = new Restores(fakeTimeClock, {});
    freeze(5000);
    restores.noteRestore();
    expect(await judge({ restores })).toEqual([false, 0]);
    expect(driver.log).toEqual([]);
  });

  it("is fit if it was opened at the moment of the restore", async () => {
    const restores = new Restores(fakeTimeClock, {});
    restores.noteRestore();
    expect(restores.restoredAt).toBe(connection.connectedAt);
    expect(await judge({ restores })).toEqual([true, 0]);
  });

  it("is not fit when the ping is not answered within half a second", async () => {
    freeze(HOUR_MS);
    connection.isSilent = true;
    expect(await judge()).toEqual([false, 500]);
  });

  it("is not fit when the ping takes more than half of the invocation's remaining time", async () => {
    freeze(HOUR_MS);
    connection.isSilent = true;
    expect(await judge({ remainingMs: 200 })).toEqual([false, 100]);
  });

  it.each(["transaction", "busy", "unusable"] as const)("is not fit while it is %s", async (state) => {
    connection.state = state;
    expect(await judge()).toEqual([false, 0]);
    expect(driver.log).toEqual([]);
  });

  it("is not fit when the end of its socket is only seen in the next turn of the event loop", async () => {
    const verdict = isFitForUse(
      driver,
      connection,
      deadlineIn(1000, fakeTimeClock),
      resolvedOptions({}, { clock: fakeTimeClock }),
    );
    connection.state = "unusable";
    expect(await verdict).toBe(false);
  });

  it("that was not used in this turn of the event loop is judged at the end of it", async () => {
    await new Promise((turn) => setImmediate(turn));
    const verdicts: boolean[] = [];
    const options = resolvedOptions({}, { clock: fakeTimeClock });
    void isFitForUse(driver, connection, deadlineIn(1000, fakeTimeClock), options).then((isFit) =>
      verdicts.push(isFit),
    );
    expect(verdicts).toEqual([]);
    await new Promise((turn) => setImmediate(turn));
    expect(verdicts).toEqual([true]);
  });

  it("is not fit when its socket ends right behind the answer that freed it", async () => {
    const options = resolvedOptions({}, { clock: fakeTimeClock });
    const verdict = await new Promise((resolve) => {
      // What a socket's callbacks do comes before the immediates of the same turn, and its end after them.
      setImmediate(() => {
        connection.turnOfLastUse.note();
        resolve(isFitForUse(driver, connection, deadlineIn(1000, fakeTimeClock), options));
        setImmediate(() => {
          connection.state = "unusable";
        });
      });
    });
    expect(verdict).toBe(false);
  });

  it("is not fit when the process was frozen during the ping, even if the answer came", async () => {
    freeze(HOUR_MS);
    const ping = driver.ping.bind(driver);
    driver.ping = async (...args) => {
      await ping(...args);
      freeze(1000);
    };
    expect((await judge())[0]).toBe(false);
  });

  it.each([
    [23 * HOUR_MS, true],
    [23 * HOUR_MS + 1, false],
    [48 * HOUR_MS, false],
  ])("that is %i ms old, however lately used, is fit: %s", async (ageMs, isFit) => {
    freeze(ageMs);
    connection.lastUsedAt = Date.now();
    expect(await judge()).toEqual([isFit, 0]);
    expect(driver.log).toEqual([]);
  });

  it.each([
    [50, true],
    [51, false],
  ])(
    "of Aurora DSQL, which closes each after an hour, is fit after %i minutes: %s",
    async (minutes, isFit) => {
      freeze(minutes * 60_000);
      connection.lastUsedAt = Date.now();
      const signer = { getAuthToken: async () => "token" };
      const endpoint = { host: "abc.dsql.eu-west-1.on.aws", credentials: undefined, signer };
      expect(await judge({ endpoint })).toEqual([isFit, 0]);
    },
  );

  it("is validated each time when validateAfterIdleMs is 0", async () => {
    expect(await judge({ validateAfterIdleMs: 0 })).toEqual([true, 1]);
  });
});
