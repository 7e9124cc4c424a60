import { expect, test } from "vitest";
import { EFFECTS, type EffectKind, isLongStatement } from "./effects.js";
import { SessionLedger } from "./session-ledger.js";

const kinds = Object.keys(EFFECTS) as EffectKind[];

test("these kinds do not pin", () => {
  expect(kinds.filter((kind) => new SessionLedger().add([kind], false) === undefined)).toEqual([
    ...["set-local", "temporary-function", "random-seed", "server-parameter", "set-tracked-variable"],
    ...["set-untracked-local", "use-database", "execute-text", "backup-lock", "handler", "change-user"],
  ]);
});

test("these kinds leave no state", () => {
  expect(kinds.filter((kind) => stateAfter(kind, "commit").length === 0)).toEqual([
    ...["set-local", "deallocate", "cursor", "temporary-object-of-transaction", "sequence-function"],
    ...["set-global", "executable-comment", "row-count", "prepared-statement", "long-statement"],
  ]);
});

test("a rollback takes these kinds back", () => {
  const isUndone = (kind: EffectKind): boolean =>
    stateAfter(kind, "commit").length > 0 && stateAfter(kind, "rollback").length === 0;
  expect(kinds.filter(isUndone)).toEqual([
    ...["set", "cursor-with-hold", "listen", "temporary-object", "temporary-function", "server-parameter"],
  ]);
});

function stateAfter(kind: EffectKind, how: "commit" | "rollback"): readonly EffectKind[] {
  const ledger = new SessionLedger();
  ledger.add([kind], true);
  ledger.ended(how);
  return ledger.state;
}

test.each([
  ["a", 16_384, false],
  ["a", 16_385, true],
  ["é", 8192, false],
  ["é", 8193, true],
  ["€", 5461, false],
  ["€", 5462, true],
])("a text pins if it has more than 16 KB: %s, %d times", (character, count, isLong) => {
  expect(isLongStatement(character.repeat(count))).toBe(isLong);
});
