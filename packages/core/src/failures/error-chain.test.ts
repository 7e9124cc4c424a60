import { describe, expect, it } from "vitest";
import { errorChain, normaliseText } from "./error-chain.js";

function coded(message: string, code: string, inner: object = {}): Error {
  return Object.assign(new Error(message), { code }, inner);
}

describe("the chain of an error", () => {
  it.each(["original", "parent", "cause"])("goes through `%s`, outermost first", (property) => {
    const error = coded("outer", "A", { [property]: coded("inner", "B") });
    expect(errorChain(error)).toEqual([
      { codes: ["A"], message: "outer" },
      { codes: ["B"], message: "inner" },
    ]);
  });

  it("goes through every error of an AggregateError", () => {
    const error = new AggregateError([coded("first", "A"), coded("second", "B")], "all failed");
    expect(errorChain(error).map(({ message }) => message)).toEqual(["all failed", "first", "second"]);
  });

  it("holds an error once that two properties lead to, as Sequelize's do", () => {
    const inner = coded("inner", "B");
    expect(errorChain(Object.assign(new Error("outer"), { parent: inner, original: inner }))).toHaveLength(2);
  });

  it("ends when an error is its own cause", () => {
    const first = new Error("first");
    const second = new Error("second", { cause: first });
    Object.assign(first, { cause: second });
    expect(errorChain(first).map(({ message }) => message)).toEqual(["first", "second"]);
  });

  it("leaves out what cannot be read, such as a revoked object", () => {
    const broken = {
      get code(): string {
        throw new Error("revoked");
      },
      get cause(): Error {
        throw new Error("revoked");
      },
      message: "known",
      original: new Error("inside"),
    };
    expect(errorChain(broken).map(({ message }) => message)).toEqual(["known", "inside"]);
  });

  it("ends after so many errors as no wrapper nests", () => {
    let error = new Error("innermost");
    for (let depth = 0; depth < 100; depth++) error = new Error(`${depth}`, { cause: error });
    expect(errorChain(error)).toHaveLength(16);
  });

  it("takes numbers from `code` and `errno`, as MySQL's drivers give them", () => {
    expect(errorChain({ errno: 1040, code: "ER_CON_COUNT_ERROR", message: "Too many connections" })).toEqual([
      { codes: ["ER_CON_COUNT_ERROR", "1040"], message: "Too many connections" },
    ]);
  });

  it.each([undefined, null, "text", 42, Symbol("odd")])("is empty for %s, which is no error", (thrown) => {
    expect(errorChain(thrown)).toEqual([]);
  });

  it("takes an object without message or with odd ones as it is", () => {
    expect(errorChain({ code: {}, message: 1, errors: "none", cause: "text" })).toEqual([
      { codes: [], message: "" },
    ]);
  });
});

describe("a message before it is matched", () => {
  it.each([
    ["doesn’t support", "doesn't support"],
    ["try again.", "try again"],
    ["try again. \n", "try again"],
    ["version 3.0 of", "version 3.0 of"],
    ["and so on...", "and so on.."],
  ])("%j is read as %j", (message, read) => {
    expect(normaliseText(message)).toBe(read);
  });
});
