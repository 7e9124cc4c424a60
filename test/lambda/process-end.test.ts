import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { bundleProgram } from "@rds-proxy/lambda-kit/bundling";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { adapters, type TestedAdapter } from "../support/adapters.js";
import { onTestedEngines, testOn } from "../support/tested-engines.js";

/** Bundles a program, so that its process starts fast, until the end of the test. */
async function bundleForTest(source: string): Promise<string> {
  const { file, remove } = await bundleProgram(source);
  onTestFinished(remove);
  return file;
}

/** Runs a program behind the local proxy until its process has ended by itself, and resolves with what it printed. */
async function runToItsEnd(
  engine: TestedAdapter["engine"],
  program: string,
  variables: object = {},
): Promise<string> {
  const proxy = await startLocalProxy({ engine, upstream: inject(engine) });
  onTestFinished(() => proxy.close());
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], {
    env: { ...process.env, ...proxy.environment, ...variables },
    // A process that is kept alive ends by SIGKILL, which fails the test.
    timeout: 15_000,
    killSignal: "SIGKILL",
  });
  expect(stderr).toBe("");
  return stdout;
}

const SLOW = { postgres: "select pg_sleep(0.3)", mysql: "select sleep(0.3)" };

describe.each(onTestedEngines<TestedAdapter>(adapters))("with $name a process", ({ engine, handlerFile }) => {
  let program: string;
  beforeAll(async () => {
    const { file, remove } = await bundleProgram(`
      import { handler } from ${JSON.stringify(handlerFile)};
      const invoke = (...steps) => handler({ steps }, { getRemainingTimeInMillis: () => 10_000 });
      if (process.env.TEST_PROGRAM === "prefetch") {
        console.log("initialised");
      } else if (process.env.TEST_PROGRAM === "in flight") {
        // Nothing but the connection waits for the answer.
        invoke({ query: process.env.TEST_STATEMENT }).then(() => console.log("answered"));
      } else {
        for (const step of ["select 1", "begin", "select 1"]) await invoke({ query: step });
        console.log("done");
      }
    `);
    program = file;
    return remove;
  });

  test("ends by itself between two invocations", async () => {
    expect(await runToItsEnd(engine, program)).toBe("done\n");
  });

  test("ends by itself after warmUp()", async () => {
    const variables = { TEST_WARM_UP: "yes", TEST_PROGRAM: "prefetch" };
    expect(await runToItsEnd(engine, program, variables)).toBe("initialised\n");
  });

  test("ends by itself although it prefetched a connection that nothing uses", async () => {
    const variables = { TEST_PROGRAM: "prefetch", AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand" };
    expect(await runToItsEnd(engine, program, variables)).toBe("initialised\n");
  });

  test("does not end while a query is in flight, on a new or on a kept connection", async () => {
    const variables = { TEST_PROGRAM: "in flight", TEST_STATEMENT: SLOW[engine] };
    expect(await runToItsEnd(engine, program, variables)).toBe("answered\n");
    expect(await runToItsEnd(engine, program, { ...variables, TEST_WARM_UP: "yes" })).toBe("answered\n");
  });
});

testOn(
  "postgres",
  "a process ends by itself that waits for a notification only as long as it does",
  async () => {
    const program = await bundleForTest(`
    import middy from "@middy/core";
    import { createPool } from "@rds-proxy/adapter-pg";
    import { rdsProxy } from "@rds-proxy/middleware";
    const pool = createPool({ allowExitOnIdle: true });
    const handler = middy().use(rdsProxy()).handler(async (_event, { db }) => {
      await db.query("listen process_end");
      setTimeout(() => pool.query("notify process_end").then(() => undefined), 100);
      return await new Promise((resolve) => db.once("notification", ({ channel }) => resolve(channel)));
    });
    console.log(await handler({}, { getRemainingTimeInMillis: () => 10_000 }));
  `);
    expect(await runToItsEnd("postgres", program)).toBe("process_end\n");
  },
);

testOn("postgres", "an idle pool of pg lets a process end, as pg.Pool's own idle timeout does", async () => {
  const program = await bundleForTest(`
    import { createPool } from "@rds-proxy/adapter-pg";
    const pool = createPool();
    await pool.query("select 1");
    pool.query("select pg_sleep(0.3)").then(() => console.log("answered"));
  `);
  expect(await runToItsEnd("postgres", program)).toBe("answered\n");
});

const sequelizeDrivers = [
  { engine: "postgres", driver: "pg" },
  { engine: "mysql", driver: "mysql2" },
] as const;

test.each(onTestedEngines<(typeof sequelizeDrivers)[number]>(sequelizeDrivers))(
  "Sequelize through withRdsProxy on $engine lets a process end without close()",
  async ({ engine, driver }) => {
    const program = await bundleForTest(`
    import { withRdsProxy } from "@rds-proxy/adapter-sequelize";
    import driver from ${JSON.stringify(driver)};
    import { Sequelize } from "sequelize";
    const options = { dialect: ${JSON.stringify(engine)}, dialectModule: driver, logging: false };
    const sequelize = new Sequelize(withRdsProxy(options));
    await sequelize.transaction((transaction) => sequelize.query("select 1", { transaction }));
    const { host, port, username } = sequelize.config;
    const replicas = { read: [{ host, port, username }], write: { host, port, username } };
    const replicated = new Sequelize(withRdsProxy({ ...options, replication: replicas }));
    await replicated.query("select 1", { type: "SELECT" });
    await replicated.query("select 1", { useMaster: true });
    console.log("done");
  `);
    expect(await runToItsEnd(engine, program)).toBe("done\n");
  },
);
