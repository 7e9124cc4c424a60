import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What examples use without saying where it is from, by a pattern of its name; the tests under `examples` use TypeORM and Prisma themselves. */
const declarations: Readonly<Record<string, string>> = {
  middy: 'import middy from "@middy/core";',
  Context: 'import type { Context } from "aws-lambda";',
  Kysely: 'import { Kysely } from "kysely";',
  DB: "interface DB { orders: { id: number } }",
  defineModels:
    'import { Sequelize as S } from "sequelize";\nconst defineModels = (s: S) => ({ Order: s.define("Order", {}) });',
  build: 'import { build } from "esbuild";',
  "postgres\\(": 'import postgres from "postgres";',
  Logger: 'import { Logger } from "@aws-lambda-powertools/logger";',
  metrics: 'import { Metrics } from "@aws-lambda-powertools/metrics";\nconst metrics = new Metrics();',
  logMetrics: 'import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";',
  logger: "declare const logger: { warn(entry: object): void };",
  context: "declare const context: { getRemainingTimeInMillis(): number };",
  work: 'const work = async () => "done";',
  DataSource:
    "declare const DataSource: new (options: { type: string; driver: unknown; entities: unknown[] }) => object;",
  formatReport: 'import { formatReport } from "@rds-proxy/doctor";',
  formatProbe: 'import { formatProbe } from "@rds-proxy/doctor";',
  PrismaClient: "declare const PrismaClient: new (options: { adapter: unknown }) => object;",
};

/** Ambient, since it is imported by an example. */
export const MODULES = 'declare module "@prisma/adapter-mariadb" { export const PrismaMariaDb: never; }\n';

/** Names that mean something else in each package. */
function declarationsOf(source: string): Readonly<Record<string, string>> {
  const isMysql = source.includes("mysql");
  const [table, column, core] = isMysql
    ? ["mysqlTable", "int", "mysql-core"]
    : ["pgTable", "integer", "pg-core"];
  return {
    ...declarations,
    rdsProxy: `import { rdsProxy } from "@rds-proxy/middleware${isMysql ? "/mysql" : ""}";`,
    createPool: 'import { createPool } from "@rds-proxy/adapter-mysql2";',
    schema: `import { ${column}, ${table} } from "drizzle-orm/${core}";\nconst schema = { orders: ${table}("orders", { id: ${column}() }) };`,
    ...(source.endsWith("sequelize-adapter.ts")
      ? {
          Sequelize: 'import { Model, Sequelize } from "sequelize-typescript";',
          "\\[Order\\]": "class Order extends Model {}",
        }
      : { Sequelize: 'import { Sequelize } from "sequelize";', "\\[Order\\]": "class Order {}" }),
  };
}

/** The code of each `@example` in the packages' sources, as a module for a folder two below the root's. */
export async function findExamples(): Promise<readonly string[]> {
  const examples: string[] = [];
  const sources = glob("packages/*/src/**/*.ts", { cwd: ROOT, exclude: ["**/*.test.ts"] });
  for await (const source of sources) examples.push(...(await examplesOf(source)));
  return examples;
}

async function examplesOf(source: string): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, source), "utf8");
  const exported = [...text.matchAll(/^export (?:async )?(?:function|class|const) (\w+)/gm)].map(
    ([, name = ""]) => name,
  );
  return [...text.matchAll(/@example\n((?: +\* (?!@).*\n)+)/g)].map(([, comment = ""]) =>
    moduleOf(source, comment.replaceAll(/^ +\* /gm, ""), exported),
  );
}

function moduleOf(source: string, code: string, exported: readonly string[]): string {
  const isUsed = (name: string): boolean => new RegExp(`(?<!\\w)${name}(?!\\w*:)`).test(code);
  const isDeclared = (name: string): boolean =>
    exported.includes(name) || new RegExp(`import \\{ ${name}\\b|[(,] ?${name}: `).test(code);
  const own = `import { ${[...new Set(exported)].filter(isUsed).join(", ")} } from "../../../${source.replace(/ts$/, "js")}";`;
  const context = Object.entries(declarationsOf(source))
    .filter(([name]) => isUsed(name) && !isDeclared(name))
    .map(([, declaration]) => declaration);
  // Constants that only the reader uses.
  const body = code.replaceAll(/^const /gm, "export const ");
  return [`// ${source}`, own, ...context, body, "export {};"].join("\n");
}
