import type { Script, Step } from "../support/handlers/scripted-handler.js";
import { DEFAULT_LEVELS, type IsolationLevel } from "../support/isolation-levels.js";
import type { Random } from "../support/random.js";

/** One invocation: a transaction and the handler's behaviour. */
export interface Order {
  readonly id: number;
  readonly script: Script;
  /** Statements that the script sends, its commit included. */
  readonly statements: number;
  /** Whether the handler sends the commit at all. */
  readonly isCommitted: boolean;
  /** Whether it waits for the commit, so that its response acknowledges the transaction. */
  readonly isAwaited: boolean;
  /** The function's timeout. */
  readonly timeoutMs: number;
  /** For how long the process stays frozen if the script freezes it. */
  readonly frozenForMs: number;
  /** Until the next invocation. */
  readonly pauseMs: number;
}

/** Where transactions come from. */
export interface TransactionSource {
  /** The level of its transactions; the server's default if it has none. */
  readonly isolation: IsolationLevel | undefined;
  /** The statements of a new transaction, between its begin and its commit. */
  begin(id: number, random: Random): readonly string[];
}

/** What an order is made from. */
export interface OrderOptions {
  readonly workload: TransactionSource;
  readonly engine: "postgres" | "mysql";
  readonly random: Random;
}

/** Also on a machine with much else to do. */
const ENOUGH_MS = 30_000;

/** @param statements of a transaction, from the begin to the commit */
type Behaviour = (statements: readonly string[], sleep: string) => Script;

const queries = (statements: readonly string[]): Step[] => statements.map((query) => ({ query }));

/** Sends the last statement and does something else before it waits for the answer. */
function atTheEnd(statements: readonly string[], ...meanwhile: Step[]): Script {
  const last = statements.at(-1) ?? "";
  return { steps: [...queries(statements.slice(0, -1)), { send: last }, ...meanwhile] };
}

/** Handlers that commit but are frozen in between or are slow. */
const committing: readonly [Behaviour, ...Behaviour[]] = [
  (statements) => ({ steps: queries(statements), freezeIn: "before" }),
  (statements) => ({ steps: queries(statements), freezeIn: "after" }),
  (statements) => atTheEnd(statements, "freeze", "await"),
  (statements) => ({
    steps: [...atTheEnd(statements.slice(0, 2), "freeze", "await").steps, ...queries(statements.slice(2))],
  }),
  (statements, sleep) => ({ steps: queries([...statements.slice(0, -1), sleep, ...statements.slice(-1)]) }),
];

/** Handlers that do not wait for their commit. */
const careless = (statements: readonly string[]): Script => atTheEnd(statements);

/** Handlers that leave a transaction behind, or even a statement. */
const leaving: readonly [Behaviour, ...Behaviour[]] = [
  (statements) => ({ steps: queries(statements.slice(0, -1)) }),
  (statements) => ({ steps: queries(statements.slice(0, -1)), freezeIn: "after" }),
  (statements) => ({ steps: queries(statements.slice(0, -1)), answersEarly: true }),
  (statements) => ({ steps: [...queries(statements.slice(0, -1)), "throw"] }),
  (statements, sleep) => ({ steps: [...queries(statements.slice(0, -1)), { send: sleep }] }),
  (statements) => ({ steps: queries([...statements.slice(0, -1), "rollback"]) }),
];

/** The next invocation of an environment. */
export function nextOrder(id: number, options: OrderOptions, sleep: (seconds: number) => string): Order {
  const { workload, engine, random } = options;
  const changes = workload.begin(id, random);
  const isolation = levelToSet(workload, engine);
  const opening = openingOf(engine, isolation);
  const statements = [...opening, ...changes, "commit"];
  const slow = sleep(random.between(1, 8) / 10);
  const timeoutMs = random.between(500, 2500);
  const kind = random.next();
  const write = (script: Script): Order => ({ ...orderOf(id, script, random), timeoutMs });
  if (kind < 0.3) return write({ steps: queries(statements) });
  if (kind < 0.6) return write(transactionOf(opening, changes, isolation));
  if (kind < 0.8) return write(random.pick(committing)(statements, slow));
  if (kind < 0.85) return { ...write(careless(statements)), isAwaited: false };
  return { ...write(random.pick(leaving)(statements, slow)), isCommitted: false, isAwaited: false };
}

/** A correct handler with enough time. */
export function plainOrder(id: number, { workload, engine, random }: OrderOptions): Order {
  const changes = workload.begin(id, random);
  const opening = openingOf(engine, levelToSet(workload, engine));
  return orderOf(id, { steps: queries([...opening, ...changes, "commit"]) }, random);
}

/** A script that works as ordered, with enough time. */
function orderOf(id: number, script: Script, random: Random): Order {
  return {
    id,
    script: { ...script, answersAll: true },
    statements: script.steps.reduce((sum, step) => sum + statementsIn(step), 0),
    isCommitted: true,
    isAwaited: true,
    timeoutMs: ENOUGH_MS,
    frozenForMs: random.between(1, 600),
    pauseMs: random.between(0, 40),
  };
}

function transactionOf(
  opening: readonly string[],
  changes: readonly string[],
  isolation: IsolationLevel | undefined,
): Script {
  return { steps: [{ transaction: changes, opening, isolation }] };
}

/** The statements of a script that waits for all of them, in the order of the results in its answer. */
export function answeredStatements({ steps }: Script): readonly string[] {
  return steps.flatMap((step) => {
    if (typeof step === "string") return [];
    if ("transaction" in step) return step.transaction;
    return "query" in step ? [step.query] : [step.send];
  });
}

/** A transaction's begin is not counted, its commit is. */
function statementsIn(step: Step): number {
  if (typeof step === "string") return 0;
  return "transaction" in step ? step.transaction.length + 1 : 1;
}

/** MySQL has no level in its BEGIN. */
function openingOf(engine: OrderOptions["engine"], isolation: IsolationLevel | undefined): readonly string[] {
  if (isolation === undefined) return ["begin"];
  if (engine === "postgres") return [`begin isolation level ${isolation}`];
  return [`set transaction isolation level ${isolation}`, "begin"];
}

/** The level to set; undefined for the default, which needs no statement that could pin. */
function levelToSet(
  { isolation }: TransactionSource,
  engine: OrderOptions["engine"],
): IsolationLevel | undefined {
  return isolation === DEFAULT_LEVELS[engine] ? undefined : isolation;
}
