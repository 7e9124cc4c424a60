import { pinsOf } from "../../../packages/doctor/src/pins/find-pins.js";
import { rethrowUnless, type Target, texts } from "../target.js";
import { statements } from "./statements.js";

const covers = ["/doctor/src/pins/"] as const;

/** How the doctor finds statements in files. */
export const doctorTargets: readonly Target[] = [
  {
    name: "doctor-sql",
    covers,
    isLinear: true,
    seeds: [
      ...statements,
      ...texts(
        "copy t (a) from stdin;\nit's; set a = 1;\n\\.\n\nset b = 1;\n",
        "-- rds-proxy-doctor ignore\nlisten a;",
      ),
    ],
    feed: (input) => checkPins("a.sql", input.toString("utf8")),
  },
  {
    name: "doctor-script",
    covers,
    isLinear: true,
    seeds: texts(
      'db?.query("listen jobs"); const lock =\n  "select " +\n  "pg_advisory_lock(" + id + ")";',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a template in the script.
      "sql<Row>`select set_config('a', ${a}, false)`; db.query({ name: 'n', text: 'select 1 from t' })",
      "@Entity() class A { sql = 'create temp table t (id int)' }",
      'db.execute("select ?", [1]); Prisma.sql`listen jobs`; new Query("set a = 1")',
      '// rds-proxy-doctor ignore: once a day\nconst a = <A run={() => db.query("listen jobs")} />',
      'log("/* a *//* b **/ -- c\\n listen jobs; ")',
    ),
    feed(input) {
      for (const file of ["a.ts", "a.tsx", "a.js"]) checkPins(file, input.toString("utf8"));
    },
  },
];

/** Each finding is at a place in the file. */
function checkPins(file: string, content: string): void {
  for (const engine of ["postgres", "mysql"] as const) {
    try {
      const lines = content.split("\n");
      for (const { line, column, kind } of pinsOf(file, content, engine)) {
        if (column < 1 || column > (lines[line - 1]?.length ?? 0))
          throw new Error(`${kind} is at line ${line}, column ${column}`);
      }
    } catch (error) {
      // Of a script that is nested too deeply. The file is reported as not read.
      rethrowUnless(error, SyntaxError, RangeError);
    }
  }
}
