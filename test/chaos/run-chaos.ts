import { setTimeout as delay } from "node:timers/promises";
import { type Dialect, mysqlOrMariaDb, postgres } from "@rds-proxy/lambda-kit/administration";
import type { InvocationError } from "@rds-proxy/lambda-kit/environment";
import { startProxyBehindGate } from "@rds-proxy/lambda-kit/network";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import type { TestedAdapter } from "../support/adapters.js";
import { bundleHandler } from "../support/bundle-handler.js";
import { isDocumented } from "../support/documented-errors.js";
import { HANDLER_ERROR } from "../support/handlers/scripted-handler.js";
import { auditBooks, type Knowledge, type OrderedTransfer } from "./audit.js";
import { Bank, OPENING_BALANCE } from "./bank.js";
import { pickFault, type World } from "./faults.js";
import { plainOrder } from "./order.js";
import { createRandom } from "./random.js";
import { type Outcome, Teller } from "./teller.js";

export interface ChaosOptions {
  readonly adapter: TestedAdapter;
  readonly server: DatabaseServer;
  /** Decides the faults and the transfers. It does not decide how the processes interleave. */
  readonly seed: number;
  readonly durationMs: number;
  /** Execution environments at work. Default 6. */
  readonly environments?: number;
  /** Gets a line per fault. */
  readonly log: (line: string) => void;
}

/** What a run came to. */
export interface ChaosReport {
  readonly adapter: string;
  readonly engine: string;
  readonly seed: number;
  readonly seconds: number;
  readonly invocations: number;
  readonly acknowledged: number;
  /** Transfers that were committed without an acknowledgement. */
  readonly committedUnacknowledged: number;
  /** Transfers that handlers left open on purpose. */
  readonly leftOpen: number;
  /** Invocations whose process a fault killed. */
  readonly killed: number;
  readonly coldStarts: number;
  readonly connections: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** Every broken promise. */
  readonly violations: readonly string[];
}

const dialects: Readonly<Record<TestedAdapter["engine"], Dialect>> = { postgres, mysql: mysqlOrMariaDb };

const IDS_PER_TELLER = 1_000_000;
const FIRST_IDS = { opening: 0, recovery: 1000 };

/** The pause between two faults. */
const FAULT_PAUSE_MS = { least: 20, most: 400 };

const MINUTE_MS = 60_000;

/** Runs transfers in many environments under faults, then audits the tables. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { adapter, server, seed, durationMs, environments = 6, log } = options;
  const dialect = dialects[adapter.engine];
  const bank = await Bank.open(server, dialect);
  const behind = await startProxyBehindGate({
    engine: adapter.engine,
    upstream: bank.login,
    maxConnections: environments,
    borrowTimeoutMs: 500,
  });
  const { file: bundle, remove } = await bundleHandler(adapter.handlerFile);
  const createTeller = (index: number): Teller =>
    new Teller({
      firstId: index * IDS_PER_TELLER,
      bundle,
      variables: behind.environment,
      random: createRandom(seed, `teller ${index}`),
      sleep: dialect.sleep,
    });
  const tellers: World["tellers"] = [
    createTeller(1),
    ...Array.from({ length: environments - 1 }, (_, index) => createTeller(index + 2)),
  ];
  const world: World = { ...behind, engine: adapter.engine, bank, tellers };

  let struck: readonly string[];
  const violations: string[] = [];
  try {
    violations.push(...(await succeedAll(world, seed, "opening")));
    const startedAt = performance.now();
    const isOver = (): boolean => performance.now() - startedAt > durationMs;
    [struck] = await Promise.all([
      strikeUntil(isOver, world, seed, log),
      ...tellers.map((teller) => teller.work(isOver)),
    ]);
    behind.proxy.faults.clear();
    // Long enough that connections are validated.
    behind.clock.advance(MINUTE_MS);
    violations.push(...(await succeedAll(world, seed, "recovery")));
  } finally {
    await Promise.all(tellers.map((teller) => teller.stop()));
    await behind.close();
    await remove();
  }

  const outcomes = tellers.flatMap((teller) => teller.outcomes);
  const ordered = outcomes.map(orderedTransfer);
  const books = await bank.close();
  violations.push(...auditBooks(ordered, books, OPENING_BALANCE), ...outcomes.flatMap(misbehaviour));
  for (const text of tellers.flatMap(({ printed }) => printed)) violations.push(`a process printed: ${text}`);

  const written = new Set(books.transfers.map(({ id }) => id));
  const count = (knowledge: Knowledge): number =>
    ordered.filter((each) => each.knowledge === knowledge).length;
  return {
    adapter: adapter.name,
    engine: adapter.engine,
    seed,
    seconds: Math.round(durationMs / 1000),
    invocations: outcomes.length,
    acknowledged: count("acknowledged"),
    committedUnacknowledged: ordered.filter(({ id, knowledge }) => knowledge === "unknown" && written.has(id))
      .length,
    leftOpen: count("never committed"),
    killed: outcomes.filter(({ end }) => end === "killed").length,
    coldStarts: tellers.reduce((sum, { starts }) => sum + starts, 0),
    connections: behind.proxy.metrics().ClientConnectionsSetupSucceeded,
    errors: tally(outcomes.flatMap(({ end }) => (typeof end === "string" ? [] : [nameOf(end)]))),
    faults: tally(struck),
    violations,
  };
}

/** Starts one fault after the other; long ones overlap with the next. Resolves with their names. */
async function strikeUntil(
  isOver: () => boolean,
  world: World,
  seed: number,
  log: (line: string) => void,
): Promise<readonly string[]> {
  const startedAt = performance.now();
  const order = createRandom(seed, "faults");
  const active = new Map<string, Promise<void>>();
  const struck: string[] = [];
  for (let index = 0; !isOver(); index++) {
    await delay(order.between(FAULT_PAUSE_MS.least, FAULT_PAUSE_MS.most));
    const { name, strike } = pickFault(world.engine, order);
    // A fault must be over before it can occur again.
    if (active.has(name)) continue;
    const at = ((performance.now() - startedAt) / 1000).toFixed(2);
    let details = "";
    const striking = strike(world, createRandom(seed, `fault ${index}`), (text) => {
      details = `: ${text}`;
    });
    log(`${at.padStart(7)} s  ${name}${details}`);
    struck.push(name);
    if (striking)
      active.set(
        name,
        striking.finally(() => active.delete(name)),
      );
  }
  await Promise.all(active.values());
  return struck;
}

/** Without faults the next invocation of each environment has to succeed. */
async function succeedAll(
  { tellers }: World,
  seed: number,
  occasion: keyof typeof FIRST_IDS,
): Promise<string[]> {
  const outcomes = await Promise.all(
    tellers.map((teller, index) =>
      teller.carryOut(plainOrder(FIRST_IDS[occasion] + index, createRandom(seed, `${occasion} ${index}`))),
    ),
  );
  return outcomes.flatMap(({ end }) => {
    if (end === "answered") return [];
    return [`an environment failed in its ${occasion}: ${typeof end === "string" ? end : end.message}`];
  });
}

function orderedTransfer({ order, end }: Outcome): OrderedTransfer {
  const { transfer, isCommitted, isAwaited } = order;
  if (!isCommitted) return { ...transfer, knowledge: "never committed" };
  return { ...transfer, knowledge: isAwaited && end === "answered" ? "acknowledged" : "unknown" };
}

/** The ways in which no invocation may end, whatever the faults. */
function misbehaviour({ order, end }: Outcome): readonly string[] {
  if (typeof end === "string") return [];
  const which = `the invocation of transfer ${order.transfer.id}`;
  switch (end.kind) {
    case "crash":
      return [`${which} lost its process: ${end.message}`];
    case "timeout":
      return [`${which} had to be ended by Lambda: ${end.message}`];
    case "handler":
      return isDocumented(end) || end.message === HANDLER_ERROR
        ? []
        : [`${which} failed with ${nameOf(end)}: ${end.message}`];
    default:
      return end.kind satisfies never;
  }
}

function nameOf({ code, errno, name, message }: InvocationError): string {
  return code ?? errno?.toString() ?? (name === "Error" ? message : name);
}

function tally(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
