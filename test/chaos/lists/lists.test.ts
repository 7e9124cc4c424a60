import { InvocationError } from "@rds-proxy/lambda-kit/environment";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../support/random.js";
import { plainOrder } from "../order.js";
import type { Outcome } from "../teller.js";
import { knowledgeOf } from "./knowledge.js";
import { Lists } from "./lists.js";
import { readsIn } from "./read-lists.js";

const random = createRandom(1, "lists");
const order = plainOrder(1, { workload: new Lists("postgres", "serializable"), engine: "postgres", random });

function failure(code: string | undefined, sent: number | undefined): InvocationError {
  return new InvocationError("handler", { name: "error", message: "failed", code, sent });
}

function outcome(end: Outcome["end"], changes: Partial<Outcome["order"]> = {}): Outcome {
  return { order: { ...order, ...changes }, end, answer: undefined, invokedAt: 0, endedAt: 1 };
}

describe("a transaction of an invocation", () => {
  it.each([
    ["was committed if the handler answered after its commit", outcome("answered"), "ok"],
    ["is unknown if the handler did not wait for it", outcome("answered", { isAwaited: false }), "info"],
    ["was not committed if no commit was sent", outcome("answered", { isCommitted: false }), "fail"],
    ["is unknown if its process was killed", outcome("killed"), "info"],
    ["is unknown if its commit failed", outcome(failure("ECONNRESET", order.statements)), "info"],
    ["is unknown if the handler did not fail itself", outcome(failure("TimeoutError", undefined)), "info"],
    ["was not committed if an earlier statement failed", outcome(failure("ECONNRESET", 1)), "fail"],
    [
      "was not committed if the server refused its commit",
      outcome(failure("40001", order.statements)),
      "fail",
    ],
  ] as const)("%s", (_, ended, known) => {
    expect(knowledgeOf(ended)).toBe(known);
  });
});

describe("the lists that a handler read", () => {
  const keys = new Map([
    ["read 3", 3],
    ["read 4", 4],
  ]);

  it("come from the results of the reads among its statements", () => {
    const statements = ["begin", "append", "read 3", "read 4", "commit"];
    const answer = [[], { affectedRows: 1 }, [{ id: 3, elements: "1 2" }], [], []];
    expect(readsIn(answer, statements, keys)).toEqual([[1, 2], []]);
  });

  it("belong to their reads, also if it read a list before the first element and after it", () => {
    const statements = ["read 3", "append", "read 3", "read 3"];
    const answer = [[], { affectedRows: 1 }, [{ id: 3, elements: "1" }], [{ id: 3, elements: "1" }]];
    expect(readsIn(answer, statements, keys)).toEqual([[], [1], [1]]);
  });

  it("are of those that its transaction reads, one result for each statement", () => {
    expect(() => readsIn([[{ id: 4, elements: "1" }]], ["read 3"], keys)).toThrow("other rows than list 3");
    expect(() => readsIn([[]], ["begin", "read 3"], keys)).toThrow("did not answer with its results");
  });
});
