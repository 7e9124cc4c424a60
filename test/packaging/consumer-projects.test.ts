import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { programOptions } from "@rds-proxy/lambda-kit/bundling";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import rootManifest from "../../package.json" with { type: "json" };
import { type ConsumerProject, createConsumerProject } from "../support/packed-packages.js";
import { type PublishedPackages, publishPackages } from "../support/published-packages.js";
import { jestVersion } from "./jest-version.js";

const { devDependencies } = rootManifest;

/** A project of one engine: what it installs, and the handler of the README. */
const projects = [
  {
    name: "PostgreSQL",
    engine: "postgres",
    adapter: "adapter-pg",
    driver: { pg: devDependencies.pg, "@types/pg": devDependencies["@types/pg"] },
    strangers: /node_modules\/(?:mysql|@rds-proxy\/adapter-mysql)/,
    handler: `
      import middy from "@middy/core";
      import { rdsProxy } from "@rds-proxy/middleware";

      export const handler = middy()
        .use(rdsProxy())
        .handler(async (_event, { db }) => (await db.query<{ one: number }>("select 1 as one")).rows);
      export { typeormDriver } from "@rds-proxy/adapter-pg/typeorm";
    `,
  },
  {
    name: "MySQL",
    engine: "mysql",
    adapter: "adapter-mysql2",
    driver: { mysql2: devDependencies.mysql2 },
    strangers: /node_modules\/(?:pg|@rds-proxy\/adapter-pg)/,
    handler: `
      import middy from "@middy/core";
      import { rdsProxy } from "@rds-proxy/middleware/mysql";
      import type { RowDataPacket } from "mysql2";

      export const handler = middy()
        .use(rdsProxy())
        .handler(async (_event, { db }) => (await db.query<RowDataPacket[]>("select 1 as one"))[0]);
      export { prismaAdapter } from "@rds-proxy/adapter-mysql2/prisma";
      export { typeormDriver } from "@rds-proxy/adapter-mysql2/typeorm";
    `,
  },
  {
    name: "Kysely on PostgreSQL",
    engine: "postgres",
    adapter: "adapter-kysely/postgres",
    driver: {
      kysely: devDependencies.kysely,
      pg: devDependencies.pg,
      "@types/pg": devDependencies["@types/pg"],
    },
    strangers: /node_modules\/(?:mysql|sequelize|@rds-proxy\/adapter-mysql)/,
    handler: `
      import middy from "@middy/core";
      import { kyselyAdapter } from "@rds-proxy/adapter-kysely/postgres";
      import { rdsProxy } from "@rds-proxy/middleware";
      import { sql } from "kysely";

      export const handler = middy()
        .use(rdsProxy({ adapter: kyselyAdapter<{ orders: { id: number } }>() }))
        .handler(async (_event, { db }) => (await sql<{ one: number }>\`select 1 as one\`.execute(db)).rows);
    `,
  },
  {
    name: "Kysely on MySQL",
    engine: "mysql",
    adapter: "adapter-kysely/mysql",
    driver: { kysely: devDependencies.kysely, mysql2: devDependencies.mysql2 },
    strangers: /node_modules\/(?:pg|sequelize|@rds-proxy\/adapter-pg)/,
    handler: `
      import middy from "@middy/core";
      import { kyselyAdapter } from "@rds-proxy/adapter-kysely/mysql";
      import { rdsProxy } from "@rds-proxy/middleware/mysql";
      import { sql } from "kysely";

      export const handler = middy()
        .use(rdsProxy({ adapter: kyselyAdapter<{ orders: { id: number } }>() }))
        .handler(async (_event, { db }) => (await sql<{ one: number }>\`select 1 as one\`.execute(db)).rows);
    `,
  },
  {
    name: "Drizzle on PostgreSQL",
    engine: "postgres",
    adapter: "adapter-drizzle/postgres",
    driver: {
      "drizzle-orm": devDependencies["drizzle-orm"],
      pg: devDependencies.pg,
      "@types/pg": devDependencies["@types/pg"],
    },
    strangers: /node_modules\/(?:mysql|kysely|sequelize|@rds-proxy\/adapter-mysql)/,
    handler: `
      import middy from "@middy/core";
      import { drizzleAdapter } from "@rds-proxy/adapter-drizzle/postgres";
      import { rdsProxy } from "@rds-proxy/middleware";
      import { sql } from "drizzle-orm";
      import { integer, pgTable } from "drizzle-orm/pg-core";

      const schema = { orders: pgTable("orders", { id: integer().primaryKey() }) };
      export const handler = middy()
        .use(rdsProxy({ adapter: drizzleAdapter({ schema }) }))
        .handler(async (_event, { db }) => (await db.execute<{ one: number }>(sql\`select 1 as one\`)).rows);
    `,
  },
  {
    name: "Drizzle on MySQL",
    engine: "mysql",
    adapter: "adapter-drizzle/mysql",
    driver: { "drizzle-orm": devDependencies["drizzle-orm"], mysql2: devDependencies.mysql2 },
    strangers: /node_modules\/(?:pg\/|kysely|sequelize|@rds-proxy\/adapter-pg)/,
    handler: `
      import middy from "@middy/core";
      import { drizzleAdapter } from "@rds-proxy/adapter-drizzle/mysql";
      import { rdsProxy } from "@rds-proxy/middleware/mysql";
      import { sql } from "drizzle-orm";
      import { int, mysqlTable } from "drizzle-orm/mysql-core";

      const schema = { orders: mysqlTable("orders", { id: int().primaryKey() }) };
      export const handler = middy()
        .use(rdsProxy({ adapter: drizzleAdapter({ schema }) }))
        .handler(async (_event, { db }) => (await db.execute(sql\`select 1 as one\`))[0]);
    `,
  },
  {
    name: "Sequelize on PostgreSQL",
    engine: "postgres",
    adapter: "adapter-sequelize",
    driver: {
      sequelize: devDependencies.sequelize,
      pg: devDependencies.pg,
      "@types/pg": devDependencies["@types/pg"],
    },
    strangers: /node_modules\/(?:mysql|kysely|@rds-proxy\/adapter-kysely)/,
    handler: `
      import middy from "@middy/core";
      import { sequelizeAdapter } from "@rds-proxy/adapter-sequelize";
      import { rdsProxy } from "@rds-proxy/middleware";
      import pg from "pg";
      import { QueryTypes } from "sequelize";

      export const handler = middy()
        .use(rdsProxy({ adapter: sequelizeAdapter({ dialect: "postgres", dialectModule: pg, logging: false }) }))
        .handler(async (_event, { db }) => db.query("select 1 as one", { type: QueryTypes.SELECT }));
    `,
  },
  {
    name: "Sequelize on MySQL",
    engine: "mysql",
    adapter: "adapter-sequelize",
    driver: { sequelize: devDependencies.sequelize, mysql2: devDependencies.mysql2 },
    strangers: /node_modules\/(?:pg\/|kysely|@rds-proxy\/adapter-kysely)/,
    handler: `
      import middy from "@middy/core";
      import { sequelizeAdapter } from "@rds-proxy/adapter-sequelize";
      import { rdsProxy } from "@rds-proxy/middleware/mysql";
      import mysql2 from "mysql2";
      import { QueryTypes } from "sequelize";

      export const handler = middy()
        .use(rdsProxy({ adapter: sequelizeAdapter({ dialect: "mysql", dialectModule: mysql2, logging: false }) }))
        .handler(async (_event, { db }) => db.query("select 1 as one", { type: QueryTypes.SELECT }));
    `,
  },
] as const;

/** Runs the handler and prints its result. */
const RUN = `
import { handler } from "./handler.js";
const context = { getRemainingTimeInMillis: () => 5000 };
console.log(JSON.stringify(await Reflect.apply(handler, undefined, [{}, context])));
`;

/** The same as a test. Nothing in it closes a connection. */
const NODE_TEST = `
import { deepEqual } from "node:assert/strict";
import test from "node:test";
import { handler } from "./out/handler.js";
test("answers", async () => {
  deepEqual(JSON.parse(JSON.stringify(await handler({}, { getRemainingTimeInMillis: () => 5000 }))), [{ one: 1 }]);
});
`;
const JEST_TEST = `
import { handler } from "./out/handler.js";
test("answers", async () => {
  expect(await handler({}, { getRemainingTimeInMillis: () => 5000 })).toEqual([{ one: 1 }]);
});
`;

/** The packages, with an entry of each. */
const PACKAGES = [
  ["core", "index"],
  ["adapter-pg", "index"],
  ["adapter-mysql2", "index"],
  ["adapter-kysely", "postgres/index"],
  ["adapter-kysely", "mysql/index"],
  ["adapter-drizzle", "postgres/index"],
  ["adapter-drizzle", "mysql/index"],
  ["adapter-sequelize", "index"],
  ["database", "index"],
  ["middleware", "index"],
  ["telemetry", "logger"],
  ["telemetry", "opentelemetry"],
  ["telemetry", "powertools-metrics"],
  ["doctor", "index"],
  ["bundling", "index"],
  ["connect", "postgres-js/index"],
  ["local-proxy", "index"],
] as const;

let published: PublishedPackages;
/** What each project installs: all packages but the suite for authors of adapters, which would bring Vitest. */
let functionPackages: Readonly<Record<string, string>>;
/** A project with what all of them install. */
let base: ConsumerProject;
let jest: ConsumerProject;
beforeAll(async () => {
  published = await publishPackages();
  jest = await createConsumerProject({ jest: jestVersion });
  const { "@rds-proxy/conformance": _, ...ofFunctions } = published.versions;
  functionPackages = {
    ...ofFunctions,
    "@middy/core": devDependencies["@middy/core"],
    "@types/node": devDependencies["@types/node"],
    typescript: devDependencies.typescript,
  };
  base = await createProject(functionPackages);
}, 300_000);
afterAll(() => Promise.all([jest.remove(), base.remove(), published.remove()]));

/** A project that installs the packages from their registry. */
function createProject(
  dependencies: Readonly<Record<string, string>>,
  from?: ConsumerProject,
): Promise<ConsumerProject> {
  return createConsumerProject(dependencies, from, published.environment);
}

type Engine = "postgres" | "mysql";

function urlOf(engine: Engine): string {
  const { host, port, user, password, database } = inject(engine);
  return `${engine}://${user}:${password}@${host}:${port}/${database}`;
}

/** Runs a program with the environment of a function behind a proxy. */
function runBehind(project: ConsumerProject, engine: Engine, ...program: string[]): Promise<string> {
  const flags = ["--quiet", "--fail-on-pin", "--upstream", urlOf(engine)];
  const command = join("node_modules", ".bin", "rds-proxy-local");
  return project.run(command, ...flags, "--exec", "--", ...program);
}

/** Imports an entry in a process of its own, which prints whether it exports anything. */
function importIn(project: ConsumerProject, name: string): Promise<string> {
  const script = `console.log(Object.keys(await import("@rds-proxy/${name}")).length > 0)`;
  return project.run(process.execPath, "--input-type=module", "--eval", script);
}

/** Runs one test file by Jest. `openHandles` of its report are empty if it ended by itself. */
async function runJest(
  project: ConsumerProject,
  engine: Engine,
  file: string,
  globals: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const config = { rootDir: project.folder, testMatch: [`<rootDir>/${file}`], transform: {}, globals };
  const program = join(jest.folder, "node_modules", "jest", "bin", "jest.js");
  const flags = ["--experimental-vm-modules", program, "--json", "--config", JSON.stringify(config)];
  return JSON.parse(await runBehind(project, engine, process.execPath, ...flags));
}

test.each(PACKAGES)("finds sources, types and the README in @rds-proxy/%s, entry %s", async (name, entry) => {
  const installed = join(base.folder, "node_modules", "@rds-proxy", name);
  const manifest: unknown = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  expect(manifest).toMatchObject({ type: "module", license: "MIT", sideEffects: false });
  for (const file of [`dist/${entry}.js`, `dist/${entry}.d.ts`, `src/${entry}.ts`, "README.md"]) {
    expect(await readFile(join(installed, file), "utf8")).not.toBe("");
  }
});

test.each(["core", "local-proxy", "telemetry/logger"])(
  "imports @rds-proxy/%s without a driver",
  async (name) => {
    expect(await importIn(base, name)).toBe("true\n");
  },
);

describe.each(projects)("a project of $name only", ({ engine, adapter, driver, strangers, handler }) => {
  let project: ConsumerProject;
  beforeAll(async () => {
    project = await createProject({ ...functionPackages, ...driver }, base);
    await project.write("handler.ts", handler);
    await project.write("run.ts", RUN);
  }, 300_000);
  afterAll(() => project.remove());

  /** As its README says; fails if something pinned. */
  async function runAgainstProxy(file: string): Promise<unknown> {
    return JSON.parse(await runBehindProxy(engine, process.execPath, file));
  }

  function runBehindProxy(kind: typeof engine, ...program: string[]): Promise<string> {
    return runBehind(project, kind, ...program);
  }

  test.each([adapter, engine === "mysql" ? "middleware/mysql" : "middleware"])(
    "imports @rds-proxy/%s",
    async (name) => {
      expect(await importIn(project, name)).toBe("true\n");
    },
  );

  test("type-checks strictly, compiles and runs", async () => {
    const compilerOptions = {
      module: "NodeNext",
      target: "ES2023",
      strict: true,
      types: ["node"],
      outDir: "out",
    };
    await project.write(
      "tsconfig.json",
      // Middy's types import a package of AWS that only durable functions need.
      JSON.stringify({ compilerOptions: { ...compilerOptions, skipLibCheck: true }, files: ["run.ts"] }),
    );
    await project.run(process.execPath, join("node_modules", "typescript", "bin", "tsc"));
    expect(await runAgainstProxy("out/run.js")).toEqual([{ one: 1 }]);
  });

  test("node --test ends by itself after a green test", async () => {
    await project.write("handler.test.js", NODE_TEST);
    const tested = await runBehindProxy(engine, process.execPath, "--test", "handler.test.js");
    expect(tested).toContain("pass 1");
  });

  test("bundles without a warning and without the other engine's driver, and the bundle runs", async () => {
    const outfile = join(project.folder, "bundle.mjs");
    const { warnings, metafile } = await build({
      entryPoints: [join(project.folder, "run.ts")],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node22",
      banner: programOptions.banner,
      external: programOptions.external,
      logLevel: "silent",
      metafile: true,
    });
    expect(warnings).toEqual([]);
    expect(Object.keys(metafile.inputs).filter((input) => strangers.test(input))).toEqual([]);
    expect(await runAgainstProxy(outfile)).toEqual([{ one: 1 }]);
  });

  // Kysely and Drizzle hold nothing that the driver does not hold, and the doctor uses the drivers.
  if (/kysely|drizzle/.test(adapter)) return;

  test("Jest ends by itself after a green test", async () => {
    await project.write("handler.jest.js", JEST_TEST);
    const report = await runJest(project, engine, "handler.jest.js");
    expect(report).toMatchObject({ success: true, numPassedTests: 1, openHandles: [] });
  }, 90_000);

  if (adapter === "adapter-sequelize") return;

  test("the doctor finds the engine's driver, and says when it misses the other", async () => {
    const doctor = join("node_modules", ".bin", "rds-proxy-doctor");
    const report: unknown = JSON.parse(await runBehindProxy(engine, doctor, "--engine", engine, "--json"));
    expect(report).toMatchObject({ isHealthy: true });
    const other = engine === "mysql" ? "postgres" : "mysql";
    await expect(runBehindProxy(other, doctor, "--engine", other)).rejects.toThrow(
      `The driver ${other === "mysql" ? "mysql2" : "pg"} is not installed beside the doctor.`,
    );
  });
});

describe("under Jest's fake timers", () => {
  let project: ConsumerProject;
  beforeAll(async () => {
    const drivers = { mysql2: devDependencies.mysql2, pg: devDependencies.pg };
    project = await createProject(
      { ...functionPackages, ...drivers, sequelize: devDependencies.sequelize },
      base,
    );
    const program = await readFile(new URL("fake-timers.jest.js", import.meta.url), "utf8");
    await project.write("fake-timers.jest.js", program);
  }, 300_000);
  afterAll(() => project.remove());

  test.each([
    ["postgres", 11],
    ["mysql", 6],
  ] as const)(
    "drivers, adapters and the middleware work on %s",
    async (engine, count) => {
      const globals = { ENGINE: engine, DATABASE_URL: urlOf(engine) };
      const report = await runJest(project, engine, "fake-timers.jest.js", globals);
      expect(report).toMatchObject({ success: true, numPassedTests: count, openHandles: [] });
    },
    90_000,
  );
});
