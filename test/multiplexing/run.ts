import { setTimeout as delay } from "node:timers/promises";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { createRandom } from "../support/random.js";
import { type Engine, type Session, SessionEnded } from "./engine.js";
import { Ledger, Violation } from "./ledger.js";

export interface Options {
  readonly engine: Engine;
  readonly seed: number;
  readonly seconds: number;
  readonly clients: number;
  /** Database connections of the proxy. */
  readonly places: number;
  /** Mean time between two kills of a session by the server, in ms. */
  readonly killEveryMs: number;
}

export interface Report {
  readonly operations: number;
  readonly kills: number;
  /** Sessions that ended, by a kill or by choice of the client. */
  readonly ended: number;
  readonly violations: readonly string[];
}

// Far more than a queue of all clients takes.
const deadlineMs = 30_000;

/** Runs random operations of many clients over few database connections whose sessions are killed. */
export async function runMultiplexing(options: Options): Promise<Report> {
  const { engine, seed, seconds, clients, places, killEveryMs } = options;
  const ledger = new Ledger();
  const violations: string[] = [];
  const counts = { operations: 0, kills: 0, ended: 0 };
  const upstream = await engine.prepare();
  const proxy = await startLocalProxy({
    engine: engine.name,
    upstream,
    maxConnections: places,
    borrowTimeoutMs: deadlineMs / 2,
  });
  const endAt = performance.now() + seconds * 1000;
  const isOver = (): boolean => performance.now() >= endAt || violations.length >= 10;

  const runClient = async (client: number): Promise<void> => {
    const random = createRandom(seed, `client ${client}`);
    let session: Session | undefined;
    for (let step = 0; !isOver(); step += 1) {
      let operation = "log in";
      try {
        session ??= await inTime(engine.connect(proxy, random, ledger));
        operation = random.pick(session.operations);
        const goesOn = await inTime(session.run(operation, `${client}.${step}`));
        counts.operations += 1;
        if (goesOn) continue;
      } catch (error) {
        if (!(error instanceof SessionEnded)) {
          const text = error instanceof Error ? error.message : String(error);
          violations.push(`client ${client}, step ${step}, ${operation}: ${text}`);
        }
      }
      counts.ended += 1;
      session?.destroy();
      session = undefined;
    }
    session?.destroy();
  };

  const kill = async (): Promise<void> => {
    const random = createRandom(seed, "kills");
    while (!isOver()) {
      await delay(random.between(0, 2 * killEveryMs));
      const [first, ...others] = await engine.sessions();
      if (first === undefined) continue;
      await engine.kill(random.pick([first, ...others]));
      counts.kills += 1;
    }
  };

  try {
    await Promise.all([kill(), ...Array.from({ length: clients }, (_, client) => runClient(client))]);
  } finally {
    await proxy.close();
  }
  if (counts.operations === 0) violations.push("no operation succeeded");
  violations.push(...ledger.differences(await engine.rows()));
  await engine.close();
  return { ...counts, violations };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = delay(deadlineMs, undefined, { signal: over.signal }).then(() => {
    throw new Violation(`no answer within ${deadlineMs} ms`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
