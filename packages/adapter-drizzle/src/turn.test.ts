import { deadlineIn } from "@rds-proxy/core/adapter";
import { ConnectionTurns, systemRuntime } from "@rds-proxy/core/internal";
import { expect, it } from "vitest";
import { resolvedOptions } from "../../core/src/testing/resolved-options.js";
import { inTurn } from "./turn.js";

it("a query that fails ends its turn", async () => {
  const { clock } = systemRuntime;
  const turns = new ConnectionTurns(resolvedOptions({}, { clock }), deadlineIn(1000, clock), "Wait.");
  const query = inTurn(turns, async (fails) => {
    if (fails) throw new Error("no such table");
    return "rows";
  });
  await expect(query(true)).rejects.toThrow("no such table");
  expect(await query(false)).toBe("rows");
});
