import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import type { FakeTimeTask } from "../support/fake-time-program.js";

const program = fileURLToPath(new URL("../support/fake-time-program.ts", import.meta.url));

describe.each(["sinon", "node:test"])("while time is faked by %s", (tool) => {
  let child: ChildProcess;
  beforeAll(async () => {
    child = fork(program, [tool], { execArgv: ["--conditions=@rds-proxy/source", "--import", "tsx"] });
    await once(child, "message");
  });
  afterAll(() => {
    child.kill("SIGKILL");
  });

  test.each([
    ["pg pool", "postgres"],
    ["mysql2 pool", "mysql"],
    ["pg middleware", "postgres"],
    ["mysql2 middleware", "mysql"],
    ["pg Sequelize", "postgres"],
    ["mysql2 Sequelize middleware", "mysql"],
  ] as const)("%s opens a connection with a valid token, and uses it again", async (use, engine) => {
    const proxy = await startLocalProxy({ engine, upstream: inject(engine) });
    onTestFinished(() => proxy.close());
    child.send({ use, options: connectTo(proxy) } satisfies FakeTimeTask);
    const [answer] = await once(child, "message");
    expect(answer).toBe("done");
    expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, TokensVerified: 1 });
  });
});
