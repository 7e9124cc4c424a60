import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { findPins, pinsOf } from "./find-pins.js";

const kindsOf = (file: string, content: string, engine: "postgres" | "mysql" = "postgres") =>
  pinsOf(file, content, engine).map(({ kind }) => kind);

describe("scripts", () => {
  test.each([
    ["an argument of query()", `db.query("listen jobs")`, ["listen"]],
    ["an optional call", `db?.query("listen jobs")`, ["listen"]],
    ["a configuration", `db.query({ text: "listen jobs", values: [] })`, ["listen"]],
    ["a statement with a name", `db.query({ name: "n", text: "select 1 from t" })`, ["prepared-statement"]],
    ["a template", `db.query(\`select nextval('\${name}')\`)`, ["sequence-function"]],
    ["a tagged template", `sql\`select pg_advisory_lock(\${id})\`.execute(db)`, ["advisory-lock"]],
    ["a tag with a type", `sql<Row>\`select set_config('a', \${a}, false)\``, ["set"]],
    ["a tag of an object", "Prisma.sql`listen jobs`", ["listen"]],
    ["a sum", `db.query("select pg_advisory_lock(" + id + ")")`, ["advisory-lock"]],
    ["a sum over lines", `const lock =\n  "select " +\n  "pg_advisory_lock(1)";`, ["advisory-lock"]],
    ["a constant", `const SET_TENANT = "set app.tenant = '1'";`, ["set"]],
    ["a text in a text", `db.query(\`select 1 from \${db.query('listen jobs')}\`)`, ["listen"]],
    [
      "a decorator and a class",
      `@Entity() class A { sql = "create temp table t (id int)" }`,
      ["temporary-object"],
    ],
    ["JSX", `const a = <A run={() => db.query("listen jobs")} />`, ["listen"]],
    ["several in one text", `db.query("begin; set local a = 1; listen jobs; commit")`, ["listen"]],
    ["nothing for one transaction", `db.query("select set_config('a', 'b', true)")`, []],
    [
      "nothing in prose",
      `log("Set both to one"); log("set the table"); const a = "reset password"; t("listen to music")`,
      [],
    ],
    // Each way to read several comments as one would be tried.
    ["nothing in many comments", `log("${"/* a */".repeat(1000)} hello")`, []],
    ["what follows comments", `log("/* a *//* b **/ -- c\\n listen jobs; ")`, ["listen"]],
    ["nothing in a comment", `// db.query("listen jobs")`, []],
    ["nothing in other calls", `element.set("load more"); map.set("prepare", 1)`, []],
  ])("%s", (_, source, kinds) => {
    expect(kindsOf("a.tsx", source)).toEqual(kinds);
  });

  test("MySQL's execute() and prepare() with a text", () => {
    expect(
      kindsOf("a.js", `db.execute("select ?", [1]); db.prepare("select 1"); db.execute(q)`, "mysql"),
    ).toEqual(["prepared-statement", "prepared-statement"]);
    expect(kindsOf("a.js", `db.query("set @a = 1"); db.query("use shop")`, "mysql")).toEqual([
      "set-variable",
      "use-database",
    ]);
  });

  test("the place, whether it pins, and the remedy", () => {
    expect(pinsOf("src/a.ts", `const a = 1;\n  db.query(\n    "listen jobs",\n  );\n`, "postgres")).toEqual([
      {
        file: "src/a.ts",
        line: 3,
        column: 5,
        kind: "listen",
        pins: true,
        remedy: expect.stringMatching(/^Poll, .+\.$/),
      },
    ]);
    expect(pinsOf("a.ts", `db.query("use shop")`, "mysql")).toMatchObject([{ pins: false }]);
  });

  test("a statement with a comment that leaves it out", () => {
    const ignored = `// rds-proxy-doctor ignore: once a day\ndb.query("listen jobs");\ndb.query("listen b"); // rds-proxy-doctor ignore\n\ndb.query("listen c");`;
    expect(pinsOf("a.ts", ignored, "postgres")).toMatchObject([{ line: 5 }]);
  });

  test("a type asserted in angle brackets, in TypeScript without JSX", () => {
    expect(kindsOf("a.ts", 'const a = <Row>b; db.query("listen jobs")', "postgres")).toEqual(["listen"]);
    expect(kindsOf("a.tsx", 'const a = <b>{db.query("listen jobs")}</b>', "postgres")).toEqual(["listen"]);
  });

  test("what is no script fails", () => {
    expect(() => pinsOf("a.ts", "const = ;", "postgres")).toThrow(SyntaxError);
  });
});

describe("SQL", () => {
  test("each statement at its line", () => {
    const file = `-- a comment; set a = 1\ncreate table t (id int);\n\nselect pg_advisory_lock(1);\nset local a = 1; set b = ';';\n`;
    expect(pinsOf("a.sql", file, "postgres")).toMatchObject([
      { line: 4, column: 1, kind: "advisory-lock" },
      { line: 5, column: 18, kind: "set" },
    ]);
  });

  // Counting the lines from the start for each statement would take 10^10 steps, so the test would time out.
  test("many statements in linear time", () => {
    const findings = pinsOf("a.sql", "set a.b = 1;\n".repeat(100_000), "postgres");
    expect(findings.at(-1)).toMatchObject({ line: 100_000, column: 1 });
  });

  // Searching the line for a comment at each statement would take 10^11 steps.
  test("many statements in one line in linear time", () => {
    const findings = pinsOf("a.sql", "set a.b = 1;".repeat(100_000), "postgres");
    expect(findings.at(-1)).toMatchObject({ line: 1, column: 1_199_989 });
  });

  test("of MySQL", () => {
    expect(kindsOf("a.sql", "# set @a = 1\nset @b = 'it\\'s;';\nlock tables t read", "mysql")).toEqual([
      "set-variable",
      "lock-tables",
    ]);
  });

  test("rows of COPY are no statements", () => {
    const file = "copy t (a) from stdin;\nit's; set a = 1;\n\\.\n\nset b = 1;\n";
    expect(pinsOf("a.SQL", file, "postgres")).toMatchObject([{ line: 5, kind: "set" }]);
  });
});

describe("files", () => {
  test("that are no source text are reported as not read", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pins-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [vue, utf16, marked] = ["a.vue", "b.sql", "c.sql"].map((name) => join(folder, name));
    if (!vue || !utf16 || !marked) throw new Error("no paths");
    await writeFile(vue, "<script>db.query('listen jobs')</script>");
    await writeFile(utf16, Buffer.from("set a = 1", "utf16le"));
    await writeFile(marked, "\ufeffset a = 1;");
    const { findings, files, unreadable } = await findPins([vue, utf16, marked], "postgres");
    expect(unreadable.map(({ file }) => file)).toEqual([vue, utf16]);
    expect(findings).toMatchObject([{ file: marked, line: 1, kind: "set" }]);
    expect(files).toBe(1);
  });
});
