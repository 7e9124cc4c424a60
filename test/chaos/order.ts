import type { Script, Step } from "../support/handlers/scripted-handler.js";
import type { Transfer } from "./audit.js";
import { ACCOUNTS } from "./bank.js";
import type { Random } from "./random.js";

/** One invocation: a transfer and the handler's behaviour. */
export interface Order {
  readonly transfer: Transfer;
  readonly script: Script;
  /** Whether the handler sends the commit at all. */
  readonly isCommitted: boolean;
  /** Whether it waits for the commit, so that its response acknowledges the transfer. */
  readonly isAwaited: boolean;
  /** The function's timeout. */
  readonly timeoutMs: number;
  /** For how long the process stays frozen if the script freezes it. */
  readonly frozenForMs: number;
  /** Until the next invocation. */
  readonly pauseMs: number;
}

/** @param statements of a transfer, from the begin to the commit */
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
];

/** The next invocation of an environment. */
export function nextOrder(id: number, random: Random, sleep: (seconds: number) => string): Order {
  const plain = plainOrder(id, random);
  const statements = statementsOf(plain.transfer);
  const slow = sleep(random.between(1, 8) / 10);
  const timeoutMs = random.between(500, 2500);
  const kind = random.next();
  if (kind < 0.6) return { ...plain, timeoutMs };
  if (kind < 0.8) return { ...plain, timeoutMs, script: random.pick(committing)(statements, slow) };
  if (kind < 0.85) return { ...plain, timeoutMs, script: careless(statements), isAwaited: false };
  const script = random.pick(leaving)(statements, slow);
  return { ...plain, timeoutMs, script, isCommitted: false, isAwaited: false };
}

/** A correct handler with enough time. */
export function plainOrder(id: number, random: Random): Order {
  const source = random.between(1, ACCOUNTS);
  const target = 1 + ((source + random.between(0, ACCOUNTS - 2)) % ACCOUNTS);
  const transfer: Transfer = { id, source, target, amount: random.between(1, 50) };
  return {
    transfer,
    script: { steps: queries(statementsOf(transfer)) },
    isCommitted: true,
    isAwaited: true,
    timeoutMs: 5000,
    frozenForMs: random.between(1, 600),
    pauseMs: random.between(0, 40),
  };
}

/** Locks the accounts in the order of their ids, so that no two transfers wait for each other. */
function statementsOf({ id, source, target, amount }: Transfer): readonly string[] {
  const changes = [
    { account: source, by: -amount },
    { account: target, by: amount },
  ].sort((one, other) => one.account - other.account);
  return [
    "begin",
    ...changes.map(
      ({ account, by }) => `update accounts set balance = balance + ${by} where id = ${account}`,
    ),
    `insert into transfers values (${id}, ${source}, ${target}, ${amount})`,
    "commit",
  ];
}
