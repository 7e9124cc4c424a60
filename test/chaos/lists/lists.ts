import type { Session } from "@rds-proxy/lambda-kit/administration";
import type { InvocationError } from "@rds-proxy/lambda-kit/environment";
import { checkHistory } from "../../histories/check-history.js";
import type { Operation, Transaction } from "../../histories/history.js";
import { PERMITTED } from "../../histories/isolation.js";
import type { IsolationLevel } from "../../support/isolation-levels.js";
import type { Random } from "../../support/random.js";
import { answeredStatements } from "../order.js";
import type { Outcome } from "../teller.js";
import type { Workload } from "../workload.js";
import { isRefusal, knowledgeOf } from "./knowledge.js";
import { elementsIn, readsIn } from "./read-lists.js";

type Engine = keyof typeof PERMITTED;

/** Lists that transactions use at a time. Few, so that they meet. */
const LISTS = 5;
/** A list leaves the current ones after this many transactions, so that it stays short and no lock blocks all of them. */
const TRANSACTIONS_PER_LIST = 10;
const LONGEST_TRANSACTION = 5;

/** Operations of a transaction, before it is known what it reads. */
type Planned = Extract<Operation, { kind: "append" }> | { readonly kind: "read"; readonly key: number };

/**
 * Transactions that append unique elements to lists and read lists. A list is a text in one row, so that one statement reads
 * the whole list, and appends to it have an order.
 */
export class Lists implements Workload {
  readonly isolation: IsolationLevel;
  readonly tables: readonly string[] = ["create table lists (id int primary key, elements text not null)"];
  readonly #engine: Engine;
  readonly #planned = new Map<number, readonly Planned[]>();
  #lastElement = 0;

  constructor(engine: Engine, isolation: IsolationLevel) {
    this.#engine = engine;
    this.isolation = isolation;
  }

  begin(id: number, random: Random): readonly string[] {
    const firstKey = Math.floor(this.#planned.size / TRANSACTIONS_PER_LIST);
    const drawn = Array.from({ length: random.between(1, LONGEST_TRANSACTION) }, (): Planned => {
      const key = firstKey + random.between(0, LISTS - 1);
      return random.next() < 0.5
        ? { kind: "read", key }
        : { kind: "append", key, element: ++this.#lastElement };
    });
    // In the order of the lists, so that few transactions wait for each other.
    const planned = drawn.sort((one, other) => one.key - other.key);
    this.#planned.set(id, planned);
    return planned.map((operation) => this.#statementOf(operation));
  }

  expects(error: InvocationError): boolean {
    return isRefusal(error);
  }

  async audit(outcomes: readonly Outcome[], auditor: Session): ReturnType<Workload["audit"]> {
    const history = outcomes.flatMap((outcome) => this.#transactionOf(outcome));
    const rows = await auditor.query("select id, elements from lists");
    const lastRead: Transaction = {
      id: -1,
      outcome: "ok",
      operations: rows.map(({ id, elements }) => ({
        kind: "read",
        key: Number(id),
        elements: elementsIn(elements),
      })),
      invokedAt: Number.POSITIVE_INFINITY,
      endedAt: Number.POSITIVE_INFINITY,
    };
    const { violations, permitted } = checkHistory(
      [...history, lastRead],
      PERMITTED[this.#engine][this.isolation],
    );
    const count = (outcome: Transaction["outcome"]): number =>
      history.filter((transaction) => transaction.outcome === outcome).length;
    return {
      violations: violations.map(({ kind, description }) => `${kind}: ${description}`),
      counts: {
        transactionsOk: count("ok"),
        transactionsFailed: count("fail"),
        transactionsUnknown: count("info"),
        elements: lastRead.operations.reduce(
          (sum, each) => sum + (each.kind === "read" ? each.elements.length : 0),
          0,
        ),
        ...Object.fromEntries(Object.entries(permitted).map(([kind, times]) => [`permitted ${kind}`, times])),
      },
    };
  }

  #statementOf(operation: Planned): string {
    const { key } = operation;
    if (operation.kind === "read") return `select id, elements from lists where id = ${key}`;
    const { element } = operation;
    return this.#engine === "postgres"
      ? `insert into lists values (${key}, '${element}') on conflict (id) do update set elements = lists.elements || ' ${element}'`
      : `insert into lists values (${key}, '${element}') on duplicate key update elements = concat(elements, ' ${element}')`;
  }

  #transactionOf(outcome: Outcome): Transaction[] {
    const planned = this.#planned.get(outcome.order.id);
    if (!planned) return [];
    const { invokedAt, endedAt } = outcome;
    const known = knowledgeOf(outcome);
    const keys = new Map(
      planned
        .filter(({ kind }) => kind === "read")
        .map((operation) => [this.#statementOf(operation), operation.key]),
    );
    const sent = answeredStatements(outcome.order.script);
    const reads = known === "ok" ? readsIn(outcome.answer, sent, keys) : [];
    const operations = planned.flatMap((operation): Operation[] => {
      if (operation.kind === "append") return [operation];
      const elements = reads.shift();
      return elements ? [{ ...operation, elements }] : [];
    });
    return [{ id: outcome.order.id, outcome: known, operations, invokedAt, endedAt }];
  }
}
