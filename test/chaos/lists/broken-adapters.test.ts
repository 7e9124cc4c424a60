import { fileURLToPath } from "node:url";
import { postgres } from "@rds-proxy/lambda-kit/administration";
import { ExecutionEnvironment, InvocationError } from "@rds-proxy/lambda-kit/environment";
import { startProxyBehindGate } from "@rds-proxy/lambda-kit/network";
import type { CommitFault } from "@rds-proxy/local-proxy";
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

type Proxy = Awaited<ReturnType<typeof startProxyBehindGate>>["proxy"];

/** When faults strike. */
interface Strikes {
  beforeAll?(proxy: Proxy): void;
  /** While a script has frozen the process. */
  whileFrozen?(proxy: Proxy): void;
}

/** What an invocation does. */
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
  strikes: Strikes = {},
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
  strikes.beforeAll?.(behind.proxy);
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
        strikes.whileFrozen?.(behind.proxy);
        environment.thaw();
      });
      const invokedAt = performance.now();
      const ended = await environment.invoke(order.script).then(
        (answer) => ({ end: "answered", answer }) as const,
        (error: unknown) => {
          if (error instanceof InvocationError) return { end: error, answer: undefined };
          throw error;
        },
      );
      outcomes.push({ order, ...ended, invokedAt, endedAt: performance.now() });
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
  const violations = await violationsOf("repeats-statements", [losesReply, commits], {
    whileFrozen: (proxy) => proxy.faults.loseNextReply(),
  });
  expect(violations).toContainEqual(expect.stringMatching(/^lost append: /));
});

const transacts: Planned = {
  isCommitted: true,
  script: (transaction) => ({ steps: [{ transaction, opening: ["begin"], isolation: undefined }] }),
};

const losesCommit = (fault: CommitFault): Strikes => ({
  beforeAll: (proxy) => proxy.faults.failCommits(fault),
});

test("an adapter that does a transaction again after its commit was not answered is found", async () => {
  const violations = await violationsOf(
    "repeats-transactions",
    [transacts, commits],
    losesCommit("reset-after-commit"),
  );
  expect(violations).toContainEqual(expect.stringMatching(/^duplicate: /));
});

test("an adapter that takes a commit without an answer for done is found", async () => {
  const violations = await violationsOf(
    "acknowledges-commits",
    [commits, commits],
    losesCommit("reset-before-commit"),
  );
  expect(violations).toContainEqual(expect.stringMatching(/^lost append: /));
});

test("an adapter that takes a commit without an answer for rolled back is found", async () => {
  const violations = await violationsOf(
    "denies-commits",
    [commits, commits],
    losesCommit("close-after-commit"),
  );
  expect(violations).toContainEqual(
    expect.stringMatching(/^G1a: .* transaction 0, which was not committed$/),
  );
});

test.each([undefined, "reset-before-commit", "reset-after-commit"] as const)(
  "an adapter that does none of these is in order (fault: %s)",
  async (fault) => {
    const strikes = fault === undefined ? {} : losesCommit(fault);
    expect(await violationsOf("correct", [transacts, commits], strikes)).toEqual([]);
  },
);
