import { fileURLToPath } from "node:url";
import { postgres } from "@rds-proxy/lambda-kit/administration";
import { ExecutionEnvironment } from "@rds-proxy/lambda-kit/environment";
import { startProxyBehindGate } from "@rds-proxy/lambda-kit/network";
import { expect, inject, test } from "vitest";
import { bundleHandler } from "../../support/bundle-handler.js";
import type { Script, Step } from "../../support/handlers/scripted-handler.js";
import type { Random } from "../../support/random.js";
import { OwnUser } from "../own-user.js";
import type { Outcome } from "../teller.js";
import { Lists } from "./lists.js";

/** Draws appends to different lists. */
const appendsOnly: Random = {
  next: () => 0.9,
  between: (least, most) => Math.ceil((least + most) / 2),
  pick: ([first]) => first,
};

const query = (statement: string): Step => ({ query: statement });

/** What an invocation does; the fault strikes while the process is frozen. */
interface Planned {
  readonly isCommitted: boolean;
  script(statements: readonly string[]): Script;
}

const commits: Planned = {
  isCommitted: true,
  script: (statements) => ({ steps: ["begin", ...statements, "commit"].map(query) }),
};

/** Runs invocations one after the other in one environment, and gives the violations that an audit finds. */
async function violationsOf(
  handler: string,
  planned: readonly Planned[],
  strike: (proxy: Awaited<ReturnType<typeof startProxyBehindGate>>["proxy"]) => void = () => undefined,
): Promise<readonly string[]> {
  const lists = new Lists("postgres", "read committed");
  const user = await OwnUser.create(inject("postgres"), postgres, lists.tables);
  const behind = await startProxyBehindGate({ engine: "postgres", upstream: user.login });
  const { file, remove } = await bundleHandler(
    fileURLToPath(new URL(`broken-handlers/${handler}.ts`, import.meta.url)),
  );
  const environment = await ExecutionEnvironment.start({
    program: [file],
    variables: behind.environment,
  });
  const outcomes: Outcome[] = [];
  try {
    for (const [id, { isCommitted, script }] of planned.entries()) {
      const order = {
        id,
        script: { ...script(lists.begin(id, appendsOnly)), answersAll: true },
        statements: 0,
        isCommitted,
        isAwaited: true,
        timeoutMs: 5000,
        frozenForMs: 0,
        pauseMs: 0,
      };
      const frozen = environment.untilFrozen().then((isFrozen) => {
        if (!isFrozen) return;
        strike(behind.proxy);
        environment.thaw();
      });
      const invokedAt = performance.now();
      const answer = await environment.invoke(order.script);
      outcomes.push({ order, end: "answered", answer, invokedAt, endedAt: performance.now() });
      if (order.script.steps.includes("freeze")) await frozen;
    }
  } finally {
    await environment.stop();
    await behind.close();
    await remove();
  }
  return (await user.remove((auditor) => lists.audit(outcomes, auditor))).violations;
}

test("an adapter that hands on a connection with its open transaction is found", async () => {
  const leaves: Planned = {
    isCommitted: false,
    script: (statements) => ({ steps: ["begin", ...statements].map(query) }),
  };
  expect(await violationsOf("hands-on-transactions", [leaves, commits])).toContainEqual(
    expect.stringMatching(/^G1a: .* transaction 0, which was not committed$/),
  );
});

test("an adapter that sends a statement again after its connection was lost is found", async () => {
  const losesReply: Planned = {
    isCommitted: true,
    script: ([first = "", ...others]) => ({
      steps: [...["begin", first].map(query), "freeze", ...[...others, "commit"].map(query)],
    }),
  };
  const violations = await violationsOf("repeats-statements", [losesReply, commits], (proxy) =>
    proxy.faults.loseNextReply(),
  );
  expect(violations).toContainEqual(expect.stringMatching(/^lost append: /));
});

test("an adapter that does neither is in order", async () => {
  expect(await violationsOf("correct", [commits, commits])).toEqual([]);
});
