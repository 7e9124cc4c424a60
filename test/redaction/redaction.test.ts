import { ExecutionEnvironment, InvocationError } from "@rds-proxy/lambda-kit/environment";
import { type ConnectFault, startLocalProxy } from "@rds-proxy/local-proxy";
import { beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { signAuthToken } from "../../packages/core/src/credentials/auth-token.js";
import { adapters, type TestedAdapter } from "../support/adapters.js";
import { bundleHandler } from "../support/bundle-handler.js";
import type { Script } from "../support/handlers/scripted-handler.js";
import { onTestedEngines } from "../support/tested-engines.js";

const KEY = {
  accessKeyId: "ASIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  sessionToken: "FwoGZXIvYXdzEXAMPLESESSIONTOKEN",
};

const STAGES = ["on-accept", "before-tls-reply", "after-tls", "after-startup", "after-password"] as const;
const FAULTS: readonly ConnectFault[] = [
  "exhausted",
  "throttled",
  "rate-limited",
  "too-many-clients",
  "borrow-timeout",
  "refused",
  "no-credentials",
  "starting",
  "unknown",
  ...STAGES.flatMap((stage) => [`reset-${stage}`, `close-${stage}`, `silence-${stage}`] as const),
];
const SLEEP = { postgres: "select pg_sleep(30)", mysql: "select sleep(30)" };
const REVEAL: Script = { steps: [{ query: "select 1" }, "reveal"] };

describe.each(onTestedEngines<TestedAdapter>(adapters))("$name", ({ name, engine, handlerFile }) => {
  let bundle: string;
  beforeAll(async () => {
    const { file, remove } = await bundleHandler(handlerFile);
    bundle = file;
    return remove;
  });

  test("nothing shows the token, its signature or the keys, whatever goes wrong", {
    timeout: 120_000,
  }, async () => {
    const startedAt = Date.now();
    const proxy = await startLocalProxy({ engine, upstream: inject(engine), credentials: [KEY] });
    onTestFinished(() => proxy.close());
    const lambda = await ExecutionEnvironment.start({
      program: [bundle],
      variables: {
        ...proxy.environment,
        TEST_REVEAL: "1",
        TEST_OPTIONS: JSON.stringify({ prefetch: false, retry: { baseDelayMs: 50 } }),
      },
    });
    onTestFinished(async () => {
      await lambda.stop();
    });
    const seen: string[] = [];
    /** Keeps everything that an invocation's error shows. */
    const fail = async (script: Script, timeoutMs?: number): Promise<void> => {
      const error: unknown = await lambda
        .invoke(script, timeoutMs === undefined ? {} : { timeoutMs })
        .catch((thrown: unknown) => thrown);
      if (!(error instanceof InvocationError)) throw new Error("the invocation did not fail");
      seen.push(error.message, error.revealed ?? "");
    };

    await fail({ steps: [{ query: "select * from there_is_no_such_table" }] });
    await fail({ steps: ["throw"] });
    await fail({ steps: [{ query: SLEEP[engine] }] }, 100);
    const broken = fail({ steps: [{ query: SLEEP[engine] }] });
    await expect.poll(() => proxy.faults.killConnections("rst")).toBe(1);
    await broken;
    for (const fault of FAULTS) {
      proxy.faults.killConnections("fin");
      proxy.faults.failConnects(fault, { times: Number.POSITIVE_INFINITY });
      await fail(REVEAL, 200);
      proxy.faults.clear();
    }
    proxy.rotateCredentials();
    proxy.faults.killConnections("fin");
    await fail(REVEAL);
    proxy.setCredentials([KEY]);
    // The last invocation reveals the events of all.
    const last = await lambda.invoke(REVEAL);
    const { inside, events, report } = last as { inside: string; events: string[]; report: string };
    seen.push(inside, ...events, await lambda.stop());

    // The test has seen what it has to check.
    expect(proxy.metrics().DistinctTokens).toBeGreaterThan(3);
    expect(events.filter((event) => event.startsWith("sign")).length).toBeGreaterThan(5);
    expect(events.filter((event) => event.startsWith("retry")).length).toBeGreaterThan(5);
    expect(seen.join()).toContain(KEY.accessKeyId);
    // Kysely hides its connection.
    expect(inside).toMatch(name.startsWith("kysely") ? /Kysely/ : /TLSSocket/);
    expect(report).toContain('"libuv"');

    const endpoint = {
      signingHost: proxy.host,
      signingPort: proxy.port,
      user: proxy.environment["RDS_PROXY_USER"] ?? "",
      region: proxy.environment["AWS_REGION"] ?? "",
    };
    const secrets = ["X-Amz-Signature", "Amz-Signature", KEY.secretAccessKey, KEY.sessionToken];
    for (let at = startedAt; at <= Date.now() + 1000; at += 1000) {
      secrets.push(signatureOf(signAuthToken(endpoint, KEY, at).reveal()));
    }
    for (const secret of secrets) {
      // The environment that the report shows is Lambda's.
      if (!Object.values(KEY).includes(secret)) expect(report).not.toContain(secret);
      for (const text of seen) expect(text.includes(secret), excerpt(text, secret)).toBe(false);
    }
  });
});

function signatureOf(token: string): string {
  const [, signature = ""] = /X-Amz-Signature=([0-9a-f]{64})/.exec(token) ?? [];
  if (signature === "") throw new Error("the token has no signature");
  return signature;
}

function excerpt(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return at === -1 ? "" : text.slice(Math.max(0, at - 300), at + 100);
}
