import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { expect, inject, onTestFinished, test } from "vitest";
import { testOn } from "../support/tested-engines.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const page = await readFile(join(ROOT, "docs", "quick-start.md"), "utf8");

/** The functions of the page, by their headings. */
const functions = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const code = /^```ts\n(.*?)^```$/ms.exec(section)?.[1];
      return code === undefined ? [] : [[section.split("\n", 1)[0] ?? "", code] as const];
    }),
);

/** Calls each function twice, as Lambda does, and prints their answers. */
const program = `
const answers = {};
for (const [name, file] of JSON.parse(process.env.FUNCTIONS)) {
  const { handler } = await import(file);
  answers[name] = [await handler({ name: "cold" }, {}), await handler({ name: "warm" }, {})];
}
console.log(JSON.stringify(answers));
`;

/** The answers behind a local proxy, in a process of its own: Node.js reads certificates at its start. */
async function answersOn(engine: "postgres" | "mysql", names: readonly string[]): Promise<unknown> {
  // Inside the repository, so that imports resolve as they do for its own files.
  const folder = await mkdtemp(join(ROOT, "test", "docs", "generated-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const files = names.map((name) => [name, join(folder, `${name.replaceAll(/\W/g, "-")}.ts`)] as const);
  for (const [name, file] of files) await writeFile(file, functions.get(name) ?? "");
  const proxy = await startLocalProxy({ engine, upstream: inject(engine) });
  onTestFinished(() => proxy.close());
  const args = [
    "--import",
    "tsx",
    "--conditions=@rds-proxy/source",
    "--input-type=module",
    "--eval",
    program,
  ];
  const env = { ...process.env, ...proxy.environment, FUNCTIONS: JSON.stringify(files) };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
  return JSON.parse(stdout);
}

function expected(names: readonly string[]): unknown {
  const answers = [{ greeting: "hello cold" }, { greeting: "hello warm" }];
  return Object.fromEntries(names.map((name) => [name, answers]));
}

const onPostgres = ["PostgreSQL", "Kysely", "Sequelize", "Drizzle", "Without Middy"];
const onMysql = ["MySQL and MariaDB"];

test("the page has a function for each library", () => {
  expect([...functions.keys()].toSorted()).toEqual([...onPostgres, ...onMysql].toSorted());
});

testOn("postgres", "each function for PostgreSQL answers", async () => {
  expect(await answersOn("postgres", onPostgres)).toEqual(expected(onPostgres));
});

testOn("mysql", "the function for MySQL and MariaDB answers", async () => {
  expect(await answersOn("mysql", onMysql)).toEqual(expected(onMysql));
});
