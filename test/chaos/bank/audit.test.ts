import { describe, expect, it } from "vitest";
import { auditBooks, type Knowledge, type Transfer } from "./audit.js";

const transfer = (id: number): Transfer => ({ id, source: 1, target: 2, amount: 10 });
const ordered = (id: number, knowledge: Knowledge) => ({ ...transfer(id), knowledge });
const balances = (first: number, second: number) =>
  new Map([
    [1, first],
    [2, second],
  ]);

describe("the books", () => {
  it("are in order when what was acknowledged is there once, and of the rest what may be", () => {
    const orders = [
      ordered(1, "acknowledged"),
      ordered(2, "unknown"),
      ordered(3, "unknown"),
      ordered(4, "never committed"),
    ];
    const books = { balances: balances(80, 120), transfers: [transfer(1), transfer(2)] };
    expect(auditBooks(orders, books, 100)).toEqual([]);
  });

  it.each([
    [
      "a lost transfer",
      [ordered(1, "acknowledged")],
      [],
      balances(100, 100),
      /1 was acknowledged and is lost/,
    ],
    ["one done twice", [ordered(1, "unknown")], [1, 1], balances(80, 120), /1 \(unknown\) was done 2 times/],
    [
      "one left behind and committed",
      [ordered(1, "never committed")],
      [1],
      balances(90, 110),
      /committed by another/,
    ],
    ["one that was not ordered", [], [7], balances(90, 110), /7 was not ordered/],
    ["half a transfer", [ordered(1, "acknowledged")], [1], balances(90, 100), /account 2 holds 100/],
    ["money from nowhere", [], [], balances(100, 101), /sum of all accounts changed to 201/],
  ] as const)("show %s", (_, orders, done, amounts, violation) => {
    const books = { balances: amounts, transfers: done.map(transfer) };
    expect(auditBooks(orders, books, 100)).toContainEqual(expect.stringMatching(violation));
  });
});
