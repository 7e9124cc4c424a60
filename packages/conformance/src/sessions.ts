import { expect } from "vitest";
import { behavioursOf } from "./behaviours.js";
import { createEnvironment } from "./environment.js";
import type { ConformanceHarness } from "./harness.js";

export function sessions<Db>(harness: ConformanceHarness<Db>): void {
  const test = behavioursOf(harness);
  test("only the handler's own statements can pin the session", async () => {
    const { proxy, invoke, createTable } = await createEnvironment(harness, {}, { recordMessages: true });
    const table = await createTable();
    const before = proxy.messages().length;
    const statements = ["begin", `insert into ${table} values (1)`, `select * from ${table}`, "commit"];
    await invoke(async ({ query }) => {
      for (const statement of statements) await query(statement);
    });
    const messages = proxy.messages().slice(before);
    expect(messages.flatMap(({ text }) => (text === undefined ? [] : [text]))).toEqual(statements);
    for (const { type, statementName } of messages) {
      expect(harness.plainMessageTypes).toContain(type);
      expect(statementName ?? "").toBe("");
    }
  });

  test("a cold start sends nothing between the login and the handler's first statement", async () => {
    const { proxy, invoke } = await createEnvironment(harness, {}, { recordMessages: true });
    await invoke(({ query }) => query("select 1"));
    expect(proxy.messages().flatMap(({ text }) => text ?? [])).toEqual(["select 1"]);
  });

  test("parallel queries run one after the other, without a warning", async () => {
    const warnings: Error[] = [];
    const remember = (warning: Error): void => {
      warnings.push(warning);
    };
    process.on("warning", remember);
    const { invoke } = await createEnvironment(harness);
    const rows = await invoke(({ query }) =>
      Promise.all(Array.from({ length: 10 }, (_, i) => query(`select ${i} as i`))),
    );
    process.off("warning", remember);
    expect(rows.flat().map((row) => Number(row["i"]))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(warnings).toEqual([]);
  });
}
