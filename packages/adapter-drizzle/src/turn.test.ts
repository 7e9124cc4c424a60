import { deadlineIn } from "@rds-proxy/core/adapter";
import { ConnectionTurns, systemRuntime } from "@rds-proxy/core/internal";
import { describe, expect, it } from "vitest";
import { resolvedOptions } from "../../core/src/testing/resolved-options.js";
import { inTurn, Turn } from "./turn.js";

function createTurns(): ConnectionTurns {
  const { clock } = systemRuntime;
  return new ConnectionTurns(resolvedOptions({}, { clock }), deadlineIn(1000, clock), "Wait.");
}

const eventLoopTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Whether the connection is free. */
async function isFree(turns: ConnectionTurns): Promise<boolean> {
  const controller = new AbortController();
  const taken = turns.acquire(controller.signal);
  await eventLoopTurn();
  controller.abort();
  return await taken.then(
    () => {
      turns.release();
      return true;
    },
    () => false,
  );
}

it("a query that fails ends its turn", async () => {
  const query = inTurn(createTurns(), async (fails) => {
    if (fails) throw new Error("no such table");
    return "rows";
  });
  await expect(query(true)).rejects.toThrow("no such table");
  expect(await query(false)).toBe("rows");
});

it("a query waits for the end of the one before it", async () => {
  const turns = createTurns();
  const answers: PromiseWithResolvers<unknown>[] = [];
  const query = inTurn(turns, (...args) => {
    const answer = Promise.withResolvers<unknown>();
    answers.push(answer);
    return answer.promise.then(() => args);
  });
  const results = [query("select 1", [1]), query("select 2")];
  expect(await isFree(turns)).toBe(false);
  expect(answers).toHaveLength(1);
  answers[0]?.resolve(undefined);
  expect(await results[0]).toEqual(["select 1", [1]]);
  await eventLoopTurn();
  answers[1]?.resolve(undefined);
  expect(await results[1]).toEqual(["select 2"]);
  expect(await isFree(turns)).toBe(true);
});

describe("the turn of a transaction", () => {
  const begin = { sql: "begin" };
  const setLevel = { sql: "set transaction isolation level read committed" };

  it("lasts until its end, which may come more than once", async () => {
    const turns = createTurns();
    const turn = await Turn.take(turns);
    expect(await isFree(turns)).toBe(false);
    turn.check();
    turn.end();
    const next = await Turn.take(turns);
    turn.end();
    expect(await isFree(turns)).toBe(false);
    next.end();
    expect(await isFree(turns)).toBe(true);
  });

  it("sends its statements until then, and none afterwards", async () => {
    const sent: unknown[][] = [];
    const turn = await Turn.take(createTurns());
    const query = turn.only(async (...args) => {
      sent.push(args);
      return "rows";
    });
    expect(await query(begin, [1])).toBe("rows");
    turn.end();
    const ended = {
      code: "RDS_PROXY_LEASE_ENDED",
      message:
        "`tx` was used after its transaction had ended. Await every query before the function that was passed to " +
        "`db.transaction()` returns or throws, and do not keep `tx`.",
    };
    await expect(query(begin)).rejects.toMatchObject(ended);
    expect(() => turn.check()).toThrow(expect.objectContaining(ended));
    expect(sent).toEqual([[begin, [1]]]);
  });

  it.each<[name: string, before: readonly object[], isOver: boolean]>([
    ["when its first statement fails", [], true],
    ["when the statement after the isolation level fails", [setLevel], true],
    ["not when a statement of it fails", [begin], false],
    ["not when a statement of it fails after the isolation level", [setLevel, begin], false],
    ["not when one of node-postgres fails, whose texts have another name", [{ text: setLevel.sql }], false],
  ])("ends %s", async (_name, before, isOver) => {
    const turns = createTurns();
    const turn = await Turn.take(turns);
    const failing = { sql: "no statement" };
    const query = turn.only(async (statement) => {
      if (statement === failing) throw new Error("You have an error in your SQL syntax");
    });
    for (const statement of before) await query(statement);
    await expect(query(failing)).rejects.toThrow("You have an error in your SQL syntax");
    expect(await isFree(turns)).toBe(isOver);
  });
});
