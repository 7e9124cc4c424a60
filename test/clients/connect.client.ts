import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { obtainDebianPackage } from "@rds-proxy/lambda-kit/servers";
import type { LocalProxy } from "@rds-proxy/local-proxy";
import { beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { flagsTo, stay } from "../support/connect-command.js";
import { startInstance } from "../support/instance.js";
import { type ConsumerProject, createConsumerProject } from "../support/packed-packages.js";
import { proxyForFile } from "./proxies.js";
import type { Program } from "./psql-18.js";
import { type Printed, runProgram } from "./run-program.js";

const postgres = proxyForFile("postgres", { maxConnections: 10 });
const mysql = proxyForFile("mysql", { maxConnections: 10 });
const COMMAND = fileURLToPath(new URL("../../packages/connect/src/command/main.ts", import.meta.url));
const TOOLS = fileURLToPath(new URL("connect-tools", import.meta.url));

/** Runs a program by `rds-proxy-connect -- program`, in front of the proxy. */
function through(
  proxy: LocalProxy,
  [program, ...args]: Program,
  options: { env?: Record<string, string>; input?: string; isFailing?: boolean } = {},
): Promise<Printed> {
  const node = ["--conditions=@rds-proxy/source", "--import=tsx", COMMAND, ...flagsTo(proxy)];
  const env = { ...proxy.environment, ...options.env };
  return runProgram(process.execPath, [...node, "--", program, ...args], { ...options, env });
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "rds-proxy-connect-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

/** Programs of a package of Debian's unstable suite. */
async function programsOf(
  name: string,
  bin: string,
  privateLibraries: readonly string[] = [],
): Promise<(program: string) => Program> {
  const { folder: root, loader } = await obtainDebianPackage(name, undefined, undefined, privateLibraries);
  return (program) => [loader.command, ...loader.args, join(root, bin, program)];
}

describe("PostgreSQL's programs", () => {
  let newest: (program: string) => Program;
  beforeAll(async () => {
    newest = await programsOf("postgresql-client-18", "usr/lib/postgresql/18/bin");
  }, 300_000);

  test("psql of the system and of version 18, with \\copy", async () => {
    const rows = join(await folder(), "rows");
    await writeFile(rows, "1\n2\n");
    const input = `create temporary table copied (i int);\n\\copy copied from '${rows}'\n\\copy copied to stdout\n`;
    const flags = ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"] as const;
    const programs: readonly Program[] = [["psql"], newest("psql")];
    for (const [program, ...args] of programs)
      expect((await through(postgres(), [program, ...args, ...flags], { input })).stdout).toBe("1\n2\n");
  });

  test("an interrupt of psql cancels the statement, at a server that takes cancel requests", async () => {
    const { user, database = "postgres" } = inject("postgres");
    const instance = await startInstance(inject("postgres"));
    const environment = { ...postgres().environment, RDS_PROXY_ENDPOINT: undefined };
    const listener = await stay(instance.flags, environment);
    const { host, port, password: own } = listener;
    const child = spawn("psql", ["-X", `postgresql://${user}@${host}:${port}/${database}?sslmode=disable`], {
      env: { ...process.env, PGPASSWORD: own },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const closed = once(child, "close");
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        printed += text;
      });
    }
    child.stdin.write("select 'has ' || 'begun';\nselect pg_sleep(120);\n");
    await expect.poll(() => printed, { timeout: 60_000 }).toContain("has begun");
    child.kill("SIGINT");
    // A script ends with it.
    await closed;
    expect(printed).toContain("canceling statement due to user request");
  });

  test("pgbench, with prepared statements and new connections", async () => {
    await through(postgres(), ["pgbench", "-i", "-q", "-s", "1"]);
    onTestFinished(async () => {
      const drop = "drop table pgbench_accounts, pgbench_branches, pgbench_history, pgbench_tellers";
      await through(postgres(), ["psql", "-X", "-q", "-c", drop]);
    });
    for (const flags of [["-M", "prepared"], ["-C"]]) {
      const { stdout } = await through(postgres(), ["pgbench", "-n", "-c", "8", "-t", "10", ...flags]);
      expect(stdout).toMatch(/processed: 80\/80\n/);
    }
  });

  test("pg_dump and pg_restore", async () => {
    const file = join(await folder(), "dump");
    const psql = async (sql: string): Promise<string> =>
      (await through(postgres(), ["psql", "-X", "-A", "-t", "-q", "-c", sql])).stdout;
    await psql(
      "create schema connect_dump; create table connect_dump.t as select i from generate_series(1, 10000) i",
    );
    onTestFinished(async () => void (await psql("drop schema connect_dump cascade")));
    await through(postgres(), [...newest("pg_dump"), "-Fc", "-n", "connect_dump", "-f", file]);
    await psql("drop schema connect_dump cascade");
    await through(postgres(), [
      ...newest("pg_restore"),
      "--no-owner",
      "-d",
      inject("postgres").database ?? "",
      file,
    ]);
    expect(await psql("select sum(i) from connect_dump.t")).toBe("50005000\n");
  });
});

describe("MySQL's and MariaDB's programs", () => {
  let newest: (program: string) => Program;
  beforeAll(async () => {
    newest = await programsOf("mysql-client-core", "usr/bin", ["usr/lib/mysql/private"]);
  }, 300_000);
  const login = (): readonly string[] => ["--no-defaults", `--user=${mysql().environment["RDS_PROXY_USER"]}`];
  const name = (): string => mysql().environment["RDS_PROXY_DATABASE"] ?? "";

  test("mariadb and mysql, with LOAD DATA LOCAL", async () => {
    const rows = join(await folder(), "rows");
    await writeFile(rows, "1\n2\n");
    const input = `create temporary table loaded (i int); load data local infile '${rows}' into table loaded; select * from loaded;`;
    const programs: readonly Program[] = [["mariadb"], newest("mysql")];
    for (const [program, ...args] of programs) {
      const flags = [...args, ...login(), "--local-infile=1", "--skip-column-names", "--batch", name()];
      expect((await through(mysql(), [program, ...flags], { input })).stdout).toBe("1\n2\n");
    }
  });

  test("mariadb-dump and mysqldump, and what they wrote read again", async () => {
    const run = async (sql: string): Promise<string> =>
      (await through(mysql(), ["mariadb", ...login(), "-N", "-B", name()], { input: sql })).stdout;
    await run(
      "create table connect_dump (i int, t text); insert into connect_dump values (1, 'é'), (2, null)",
    );
    onTestFinished(async () => void (await run("drop table connect_dump")));
    const rows = "select i, hex(t) from connect_dump order by i";
    const before = await run(rows);
    const dumpers: readonly Program[] = [["mariadb-dump"], newest("mysqldump")];
    for (const [program, ...args] of dumpers) {
      const words = [
        program,
        ...args,
        ...login(),
        "--single-transaction",
        "--no-tablespaces",
        name(),
        "connect_dump",
      ];
      const quoted = words.map((word) => `'${word}'`).join(" ");
      // After --no-defaults, which has to come first.
      const script = quoted.replace(
        "'--no-defaults'",
        "--no-defaults --host=$MYSQL_HOST --port=$MYSQL_TCP_PORT",
      );
      const { stdout } = await through(mysql(), ["sh", "-c", script]);
      expect(stdout).toContain("-- Dump completed");
      await run(stdout);
      expect(await run(rows)).toBe(before);
    }
  });
});

test("Python's clients", async () => {
  const path = await folder();
  await runProgram("python3", ["-m", "venv", path]);
  const python = join(path, "bin", "python");
  await runProgram(python, ["-m", "pip", "-q", "install", "psycopg2-binary", "PyMySQL"]);
  const script = (file: string) => readFile(join(TOOLS, file), "utf8");
  expect((await through(postgres(), [python, "-c", await script("psycopg2.py")])).stdout).toBe("1\n");
  expect((await through(mysql(), [python, "-c", await script("pymysql.py")])).stdout).toBe("1\n");
});

describe("migration tools of npm", () => {
  let project: ConsumerProject;
  beforeAll(async () => {
    project = await createConsumerProject({
      // That of 6.19 does not read PostgreSQL's type `name`, which the migrations ask for.
      "@prisma/adapter-pg": "7.10.0",
      "drizzle-kit": "0.31.11",
      "drizzle-orm": "0.45.4",
      knex: "3.3.0",
      kysely: "0.28.19",
      "kysely-ctl": "0.21.0",
      mysql2: "3.24.6",
      "node-pg-migrate": "9.0.0",
      pg: "8.23.1",
      // The last one that can migrate without its native engine.
      prisma: "6.19.3",
      sequelize: "6.37.8",
      "sequelize-cli": "6.6.5",
      typeorm: "0.3.31",
      umzug: "3.8.3",
    });
    await cp(TOOLS, join(project.folder, "tools"), { recursive: true });
    return () => project.remove();
  }, 300_000);

  const both = ["postgres", "mysql"] as const;
  /** How each tool migrates up and down, in its folder. */
  const tools: readonly {
    readonly tool: string;
    readonly engines?: readonly ("postgres" | "mysql")[];
    readonly inside?: string;
    readonly up: string;
    readonly down: string;
  }[] = [
    {
      tool: "sequelize-cli",
      inside: "sequelize",
      up: "sequelize-cli db:migrate --config config-$DIALECT.json --env development",
      down: "sequelize-cli db:migrate:undo --config config-$DIALECT.json --env development",
    },
    { tool: "umzug", up: "node umzug.mjs up", down: "node umzug.mjs down" },
    {
      tool: "Knex",
      inside: "knex",
      up: "knex --knexfile knex.config.mjs migrate:latest",
      down: "knex --knexfile knex.config.mjs migrate:rollback",
    },
    {
      tool: "kysely-ctl",
      inside: "kysely",
      up: "kysely migrate:latest",
      down: "kysely migrate:rollback --all",
    },
    {
      tool: "Drizzle Kit",
      inside: "drizzle",
      up: "drizzle-kit generate --config drizzle.config.mjs && drizzle-kit migrate --config drizzle.config.mjs",
      // It has no way back.
      down: "node ../tables.mjs drop",
    },
    {
      tool: "TypeORM",
      up: "typeorm migration:run -d typeorm.cjs",
      down: "typeorm migration:revert -d typeorm.cjs",
    },
    {
      tool: "node-pg-migrate",
      engines: ["postgres"],
      up: "node-pg-migrate up -m node-pg-migrate",
      down: "node-pg-migrate down -m node-pg-migrate",
    },
    {
      tool: "Prisma",
      // On MySQL its engine ends with "unreachable", also without us.
      engines: ["postgres"],
      inside: "prisma",
      up: "prisma migrate deploy && prisma migrate status",
      // It has no way back.
      down: "node ../tables.mjs drop",
    },
  ];

  test.each(tools.flatMap(({ engines = both, ...tool }) => engines.map((engine) => ({ ...tool, engine }))))(
    "$tool migrates $engine up and down",
    async ({ engine, inside = ".", up, down }) => {
      const root = join(project.folder, "tools");
      const check = `node ${join(root, "tables.mjs")}`;
      const script = `cd ${join(root, inside)} && ${up} && ${check} 1 && ${down} && ${check} 0`;
      const env = {
        DIALECT: engine,
        PATH: `${join(project.folder, "node_modules", ".bin")}:${process.env["PATH"]}`,
        // Prisma downloads both unless it finds files, and uses neither.
        PRISMA_QUERY_ENGINE_LIBRARY: process.execPath,
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      };
      await through(engine === "postgres" ? postgres() : mysql(), ["sh", "-ec", script], { env });
    },
  );
});
