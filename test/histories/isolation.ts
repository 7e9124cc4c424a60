import type { IsolationLevel } from "../support/isolation-levels.js";
import type { AnomalyKind } from "./anomaly.js";

const CYCLES_OF_WEAK_LEVELS: readonly AnomalyKind[] = ["G-single", "G-nonadjacent", "G2"];

/**
 * The anomalies that a server permits. All others are faults of what is between the server and the transactions' callers.
 *
 * - PostgreSQL's REPEATABLE READ is snapshot isolation, which permits write skew.
 * - InnoDB's reads from a snapshot, but its writes see and change the newest rows, so it permits lost updates, and a read after
 *   an append shows what others appended before.
 *
 * Sources: "Transaction Isolation" in PostgreSQL's documentation; "Consistent Nonlocking Reads" in MySQL's manual.
 */
export const PERMITTED: Readonly<
  Record<"postgres" | "mysql", Readonly<Record<IsolationLevel, ReadonlySet<AnomalyKind>>>>
> = {
  postgres: {
    "read committed": new Set(["non-repeatable read", ...CYCLES_OF_WEAK_LEVELS]),
    "repeatable read": new Set(["G2"]),
    serializable: new Set(),
  },
  mysql: {
    "read committed": new Set(["non-repeatable read", ...CYCLES_OF_WEAK_LEVELS]),
    "repeatable read": new Set(["non-repeatable read", ...CYCLES_OF_WEAK_LEVELS]),
    serializable: new Set(),
  },
};
