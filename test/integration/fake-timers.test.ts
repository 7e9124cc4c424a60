import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import type { FakeTimeTask } from "../support/fake-time-program.js";
import { onTestedEngines } from "../support/tested-engines.js";

const program = fileURLToPath(new URL("../support/fake-time-program.ts", import.meta.url));

const libraries = [
  { bare: "pg", engine: "postgres", uses: ["pg pool", "pg middleware"] },
  { bare: "mysql2", engine: "mysql", uses: ["mysql2 pool", "mysql2 middleware"] },
  { bare: "Sequelize on pg", engine: "postgres", uses: ["Sequelize on pg", "Sequelize on pg, middleware"] },
  {
    bare: "Sequelize on mysql2",
    engine: "mysql",
    uses: ["Sequelize on mysql2", "Sequelize on mysql2, middleware"],
  },
] as const;

describe.each(["sinon", "node:test"])("while time is faked by %s", (tool) => {
  let child: ChildProcess;
  beforeAll(async () => {
    child = fork(program, [tool], { execArgv: ["--conditions=@rds-proxy/source", "--import", "tsx"] });
    await once(child, "message");
  });
  afterAll(() => {
    child.kill("SIGKILL");
  });

  async function answerTo(task: FakeTimeTask): Promise<unknown> {
    child.send(task);
    const [answer] = await once(child, "message");
    return answer;
  }

  describe.each(onTestedEngines<(typeof libraries)[number]>(libraries))("$bare", ({ bare, engine, uses }) => {
    async function startProxy(): Promise<LocalProxy> {
      const proxy = await startLocalProxy({ engine, upstream: inject(engine) });
      onTestFinished(() => proxy.close());
      return proxy;
    }

    test("works by itself", async () => {
      const options = connectTo(await startProxy());
      expect(await answerTo({ use: `${bare} by itself`, server: inject(engine), options })).toBe("done");
    });

    test.each(uses)("%s opens a connection with a valid token, and uses it again", async (use) => {
      const proxy = await startProxy();
      expect(await answerTo({ use, server: inject(engine), options: connectTo(proxy) })).toBe("done");
      expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, TokensVerified: 1 });
    });
  });
});
