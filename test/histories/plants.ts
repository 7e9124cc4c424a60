import type { AnomalyKind } from "./anomaly.js";
import type { Operation, Transaction } from "./history.js";

/** Beyond all that `serialHistory` uses. */
const FREE = 1e9;
const [X, Y] = [FREE + 1, FREE + 2];
const [A, B, C, D] = [FREE + 11, FREE + 12, FREE + 13, FREE + 14];

export const read = (key: number, ...elements: readonly number[]): Operation => ({
  kind: "read",
  key,
  elements,
});
export const append = (key: number, element: number): Operation => ({ kind: "append", key, element });

/** Transactions whose times overlap, all acknowledged. */
export function concurrent(...transactions: readonly (readonly Operation[])[]): Transaction[] {
  return transactions.map((operations, index) => ({
    id: FREE + index,
    outcome: "ok",
    operations,
    invokedAt: 0,
    endedAt: FREE,
  }));
}

function withOutcome(outcome: Transaction["outcome"], operations: readonly Operation[]): Transaction {
  return { id: FREE + 50, outcome, operations, invokedAt: 0, endedAt: 1 };
}

const later = (...operations: readonly Operation[]): Transaction => ({
  id: FREE + 60,
  outcome: "ok",
  operations,
  invokedAt: 2,
  endedAt: FREE,
});

/** A few transactions on lists of their own for each anomaly, which is the only one that they have. */
export const plants: readonly (readonly [AnomalyKind, readonly Transaction[]])[] = [
  ["lost append", [withOutcome("ok", [append(X, A)]), later(read(X))]],
  ["duplicate", concurrent([append(X, A)], [read(X, A, A)])],
  ["unknown element", concurrent([append(X, A)], [read(X, A, B)])],
  ["incompatible orders", concurrent([append(X, A)], [append(X, B)], [read(X, A)], [read(X, B, A)])],
  ["stale read", [withOutcome("ok", [append(X, A)]), later(read(X)), ...concurrent([read(X, A)])]],
  ["missed own append", concurrent([append(X, A), read(X)])],
  ["non-repeatable read", concurrent([append(X, A)], [read(X), read(X, A)])],
  ["G1a", [withOutcome("fail", [append(X, A)]), ...concurrent([read(X, A)])]],
  ["G1b", concurrent([append(X, A), append(X, B)], [read(X, A)], [read(X, A, B)])],
  [
    "G0",
    concurrent([append(X, A), append(Y, B)], [append(X, C), append(Y, D)], [read(X, A, C), read(Y, D, B)]),
  ],
  ["G1c", concurrent([append(X, A), read(Y, B)], [append(Y, B), read(X, A)])],
  ["G-single", concurrent([read(X), append(X, A)], [read(X), append(X, B)], [read(X, A, B)])],
  [
    "G-nonadjacent",
    concurrent(
      [read(X), read(FREE + 4, C)],
      [append(X, A), append(Y, B)],
      [read(Y, B), read(FREE + 3)],
      [append(FREE + 3, D), append(FREE + 4, C)],
      [read(X, A), read(FREE + 3, D)],
    ),
  ],
  ["G2", concurrent([read(X), append(Y, A)], [read(Y), append(X, B)], [read(X, B), read(Y, A)])],
];
