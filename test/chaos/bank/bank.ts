import type { Session } from "@rds-proxy/lambda-kit/administration";
import type { Random } from "../../support/random.js";
import type { Outcome } from "../teller.js";
import type { Workload } from "../workload.js";
import { auditBooks, type Knowledge, type OrderedTransfer, type Transfer } from "./audit.js";

const ACCOUNTS = 40;
const OPENING_BALANCE = 1000;

/** Transfers of money between accounts, at the server's default level. */
export class Bank implements Workload {
  readonly isolation = undefined;
  readonly tables: readonly string[] = [
    "create table accounts (id int primary key, balance int not null)",
    // Not unique, so that a repeated transfer shows.
    "create table transfers (id int, source int, target int, amount int)",
    ...Array.from(
      { length: ACCOUNTS },
      (_, index) => `insert into accounts values (${index + 1}, ${OPENING_BALANCE})`,
    ),
  ];
  readonly #transfers = new Map<number, Transfer>();

  begin(id: number, random: Random): readonly string[] {
    const source = random.between(1, ACCOUNTS);
    const target = 1 + ((source + random.between(0, ACCOUNTS - 2)) % ACCOUNTS);
    const transfer = { id, source, target, amount: random.between(1, 50) };
    this.#transfers.set(id, transfer);
    return statementsOf(transfer);
  }

  /** No two transfers wait for each other. */
  expects(): boolean {
    return false;
  }

  async audit(outcomes: readonly Outcome[], auditor: Session): ReturnType<Workload["audit"]> {
    const ordered = outcomes.flatMap((outcome) => this.#orderedTransfer(outcome));
    const accounts = await auditor.query("select id, balance from accounts");
    const transfers = await auditor.query("select id, source, target, amount from transfers");
    const books = {
      balances: new Map(accounts.map(({ id, balance }) => [Number(id), Number(balance)])),
      transfers: transfers.map(({ id, source, target, amount }) => ({
        id: Number(id),
        source: Number(source),
        target: Number(target),
        amount: Number(amount),
      })),
    };
    const written = new Set(books.transfers.map(({ id }) => id));
    const unknown = ordered.filter(({ knowledge }) => knowledge === "unknown");
    return {
      violations: auditBooks(ordered, books, OPENING_BALANCE),
      counts: {
        transfersAcknowledged: ordered.filter(({ knowledge }) => knowledge === "acknowledged").length,
        transfersCommittedUnacknowledged: unknown.filter(({ id }) => written.has(id)).length,
      },
    };
  }

  #orderedTransfer({ order, end }: Outcome): OrderedTransfer[] {
    const transfer = this.#transfers.get(order.id);
    if (!transfer) return [];
    const answered: Knowledge = order.isAwaited && end === "answered" ? "acknowledged" : "unknown";
    return [{ ...transfer, knowledge: order.isCommitted ? answered : "never committed" }];
  }
}

/** Locks the accounts in the order of their ids, so that no two transfers wait for each other. */
function statementsOf({ id, source, target, amount }: Transfer): readonly string[] {
  const changes = [
    { account: source, by: -amount },
    { account: target, by: amount },
  ].sort((one, other) => one.account - other.account);
  return [
    ...changes.map(
      ({ account, by }) => `update accounts set balance = balance + ${by} where id = ${account}`,
    ),
    `insert into transfers values (${id}, ${source}, ${target}, ${amount})`,
  ];
}
