import { setTimeout as delay } from "node:timers/promises";
import { type Dialect, mysqlOrMariaDb, postgres } from "@rds-proxy/lambda-kit/administration";
import type { InvocationError } from "@rds-proxy/lambda-kit/environment";
import { startProxyBehindGate } from "@rds-proxy/lambda-kit/network";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import { bundleHandler } from "../support/bundle-handler.js";
import { isDocumented } from "../support/documented-errors.js";
import { HANDLER_ERROR } from "../support/handlers/scripted-handler.js";
import { DEFAULT_LEVELS, type IsolationLevel } from "../support/isolation-levels.js";
import { createRandom, type Random } from "../support/random.js";
import { Bank } from "./bank/bank.js";
import { pickFault, type World } from "./faults.js";
import { Lists } from "./lists/lists.js";
import { nextOrder, plainOrder } from "./order.js";
import { OwnUser } from "./own-user.js";
import { type Outcome, Teller } from "./teller.js";
import type { Workload } from "./workload.js";

export const workloadNames = ["bank", "lists"] as const;

type WorkloadName = (typeof workloadNames)[number];

/** What runs in the environments. */
export interface ChaosAdapter {
  readonly name: string;
  readonly engine: "postgres" | "mysql";
  readonly handlerFile: string;
  /** Whether no middleware ends an invocation before its timeout. */
  readonly isPool?: boolean;
}

export interface ChaosOptions {
  readonly adapter: ChaosAdapter;
  readonly server: DatabaseServer;
  /** Decides the faults and the transactions. It does not decide how the processes interleave. */
  readonly seed: number;
  readonly durationMs: number;
  /** Drawn from for each transaction. Default both. */
  readonly workloads?: readonly WorkloadName[];
  /** The level of transactions over lists. Default serializable. */
  readonly isolation?: IsolationLevel;
  /**
   * Whether clients share database connections: half as many at the server's default level. Default false: each has its own.
   */
  readonly multiplexing?: boolean;
  /** The name of the only fault; default all. */
  readonly fault?: string;
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
  readonly isolation: IsolationLevel;
  readonly multiplexing: boolean;
  readonly seconds: number;
  readonly invocations: number;
  readonly acknowledged: number;
  /** Transactions that handlers left open or rolled back on purpose. */
  readonly leftOpen: number;
  /** Invocations whose process a fault killed. */
  readonly killed: number;
  readonly coldStarts: number;
  readonly connections: number;
  /** What the workloads counted. */
  readonly counts: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** COMMITs that had no reply, by what became of them. */
  readonly commitsLost: Readonly<Record<string, number>>;
  /** Every broken promise. */
  readonly violations: readonly string[];
}

const dialects: Readonly<Record<ChaosAdapter["engine"], Dialect>> = { postgres, mysql: mysqlOrMariaDb };

const IDS_PER_TELLER = 1_000_000;

/** The pause between two faults. */
const FAULT_PAUSE_MS = { least: 20, most: 400 };

const MINUTE_MS = 60_000;

/** What Sequelize prints if the connection of its transaction is lost. */
const SEQUELIZE_WARNINGS = /^(?:Rolling back|Committing) transaction \S+ failed with error .*\n/gm;

/** Runs transactions in many environments under faults, then audits the tables. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { adapter, server, seed, durationMs, environments = 6, fault, log } = options;
  const { isolation = "serializable", multiplexing = false, workloads: names = workloadNames } = options;
  const { engine } = adapter;
  const dialect = dialects[engine];
  const workloads = names.map((name) => (name === "bank" ? new Bank() : new Lists(engine, isolation)));
  const user = await OwnUser.create(
    server,
    dialect,
    workloads.flatMap(({ tables }) => tables),
  );
  const behind = await startProxyBehindGate({
    engine,
    upstream: user.login,
    multiplexing,
    // At other levels some ORMs send SET TRANSACTION, which pins, so that each client needs a connection of its own.
    maxConnections:
      multiplexing && isolation === DEFAULT_LEVELS[engine] ? Math.ceil(environments / 2) : environments,
    borrowTimeoutMs: 500,
  });
  const { file: bundle, remove } = await bundleHandler(adapter.handlerFile);
  const createTeller = (index: number): Teller => {
    const random = createRandom(seed, `teller ${index}`);
    let id = index * IDS_PER_TELLER;
    return new Teller({
      bundle,
      variables: behind.environment,
      next: () => nextOrder(id++, { workload: pickOf(workloads, random), engine, random }, dialect.sleep),
    });
  };
  const tellers: World["tellers"] = [
    createTeller(1),
    ...Array.from({ length: environments - 1 }, (_, index) => createTeller(index + 2)),
  ];
  const world: World = { ...behind, engine, user, tellers };
  const ids = { next: 0 };

  let struck: readonly string[];
  const violations: string[] = [];
  try {
    violations.push(...(await succeedAll(world, workloads, createRandom(seed, "opening"), ids)));
    const startedAt = performance.now();
    const isOver = (): boolean => performance.now() - startedAt > durationMs;
    [struck] = await Promise.all([
      strikeUntil(isOver, world, seed, fault, log),
      ...tellers.map((teller) => teller.work(isOver)),
    ]);
    behind.proxy.faults.clear();
    // Long enough that connections are validated.
    behind.clock.advance(MINUTE_MS);
    violations.push(...(await succeedAll(world, workloads, createRandom(seed, "recovery"), ids)));
  } finally {
    await Promise.all(tellers.map((teller) => teller.stop()));
    await behind.close();
    await remove();
  }

  const outcomes = tellers.flatMap((teller) => teller.outcomes);
  const audits = await user.remove(async (auditor) => {
    const found: Awaited<ReturnType<Workload["audit"]>>[] = [];
    for (const workload of workloads) found.push(await workload.audit(outcomes, auditor));
    return found;
  });
  violations.push(...audits.flatMap((audit) => audit.violations));
  violations.push(...outcomes.flatMap((outcome) => misbehaviour(outcome, options, workloads)));
  for (const text of tellers.flatMap(({ printed }) => printed)) {
    const unexpected = text.replace(SEQUELIZE_WARNINGS, "");
    if (unexpected !== "") violations.push(`a process printed: ${unexpected}`);
  }
  return {
    adapter: adapter.name,
    engine,
    seed,
    isolation,
    multiplexing,
    seconds: Math.round(durationMs / 1000),
    invocations: outcomes.length,
    acknowledged: outcomes.filter(({ order, end }) => order.isAwaited && end === "answered").length,
    leftOpen: outcomes.filter(({ order }) => !order.isCommitted).length,
    killed: outcomes.filter(({ end }) => end === "killed").length,
    coldStarts: tellers.reduce((sum, { starts }) => sum + starts, 0),
    connections: behind.proxy.metrics().ClientConnectionsSetupSucceeded,
    counts: Object.assign({}, ...audits.map(({ counts }) => counts)),
    errors: tally(outcomes.flatMap(({ end }) => (typeof end === "string" ? [] : [nameOf(end)]))),
    faults: tally(struck),
    commitsLost: behind.proxy.metrics().CommitsLost,
    violations,
  };
}

function pickOf(workloads: readonly Workload[], random: Random): Workload {
  const [first, ...others] = workloads;
  if (!first) throw new Error("workloads: expected at least one");
  return random.pick([first, ...others]);
}

/** Starts one fault after the other; long ones overlap with the next. Resolves with their names. */
async function strikeUntil(
  isOver: () => boolean,
  world: World,
  seed: number,
  fault: string | undefined,
  log: (line: string) => void,
): Promise<readonly string[]> {
  const startedAt = performance.now();
  const order = createRandom(seed, "faults");
  const active = new Map<string, Promise<void>>();
  const struck: string[] = [];
  for (let index = 0; !isOver(); index++) {
    await delay(order.between(FAULT_PAUSE_MS.least, FAULT_PAUSE_MS.most));
    const { name, strike } = pickFault(world.engine, order, fault);
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

/** The most attempts at a transaction that servers may refuse because of the others. */
const MOST_ATTEMPTS = 20;

/** Without faults the next invocation of each environment has to succeed. */
async function succeedAll(
  { tellers, engine }: World,
  workloads: readonly Workload[],
  random: Random,
  ids: { next: number },
): Promise<string[]> {
  const succeed = async (teller: Teller): Promise<string[]> => {
    const workload = pickOf(workloads, random);
    for (let attempt = 1; ; attempt++) {
      const { end } = await teller.carryOut(plainOrder(ids.next++, { workload, engine, random }));
      if (end === "answered") return [];
      const isRefused = typeof end !== "string" && (workload.expects(end) || isBorrowTimeout(end));
      if (isRefused && attempt < MOST_ATTEMPTS) continue;
      return [`an environment failed without a fault: ${typeof end === "string" ? end : end.message}`];
    }
  };
  return (await Promise.all(tellers.map(succeed))).flat();
}

/** The proxy had no database connection for a statement: others have more transactions at once than there are. */
function isBorrowTimeout({ message }: InvocationError): boolean {
  return message.startsWith("Timed-out waiting to acquire database connection");
}

/** The database refused the session that the proxy wanted for a statement, and the proxy passes that on. */
function isRefusedSession({ code, errno }: InvocationError): boolean {
  return code === "53300" || errno === 1226;
}

/** The ways in which no invocation may end, whatever the faults. */
function misbehaviour(
  { order, end }: Outcome,
  { adapter: { isPool = false }, multiplexing = false }: ChaosOptions,
  workloads: readonly Workload[],
): readonly string[] {
  if (typeof end === "string") return [];
  const which = `the invocation of transaction ${order.id}`;
  switch (end.kind) {
    case "crash":
      return [`${which} lost its process: ${end.message}`];
    case "timeout":
      return isPool ? [] : [`${which} had to be ended by Lambda: ${end.message}`];
    case "handler":
      return isDocumented(end) ||
        end.message === HANDLER_ERROR ||
        (multiplexing && isRefusedSession(end)) ||
        workloads.some((workload) => workload.expects(end))
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
