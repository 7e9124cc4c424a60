import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { systemRuntime } from "@rds-proxy/core/internal";
import { type DiagnosisReport, diagnose, formatReport } from "@rds-proxy/doctor";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { keepFromSts } from "../support/doctor.js";
import { testedEngines, testOn } from "../support/tested-engines.js";

const SECRET = "prod/orders";

const manager = mockClient(SecretsManagerClient);
beforeEach(keepFromSts);
afterEach(() => {
  manager.reset();
});

describe.each(testedEngines)("%s", (engine) => {
  /** Diagnoses a login with the secret, and checks that the report does not contain the password. */
  async function examine(password: string): Promise<DiagnosisReport> {
    const upstream = inject(engine);
    const proxy = await startLocalProxy({ engine, upstream, authentication: "password" });
    onTestFinished(() => proxy.close());
    manager.on(GetSecretValueCommand, { SecretId: SECRET }).resolves({
      SecretString: JSON.stringify({ username: upstream.user, password }),
      VersionId: "v1",
    });
    const { user: _, ...options } = connectTo(proxy);
    const report = await diagnose(
      { engine, ...options, secret: { secretId: SECRET } },
      { ...systemRuntime, env: {} },
    );
    expect(JSON.stringify(report) + formatReport(report)).not.toContain(password);
    return report;
  }

  test("the password of a secret logs in, and the report has its user and version in place of a token", async () => {
    const { user, password } = inject(engine);
    const report = await examine(password);
    expect(report.isHealthy).toBe(true);
    expect(report.steps[5]).toMatchObject({
      step: "token",
      facts: [
        { name: "instead", value: `the password of the secret ${SECRET}` },
        { name: "version", value: "v1" },
        { name: "user", value: user },
      ],
    });
  });

  test("a password that is refused is about the secret, and not about IAM", async () => {
    const report = await examine("wrong-password");
    expect(report.steps[6]).toMatchObject({
      step: "login",
      outcome: "failed",
      facts: [
        { name: "kind", value: "auth" },
        { name: "library retries", value: "once" },
      ],
      causes: [
        { cause: expect.stringContaining(`another secret for this user than ${SECRET}`) },
        { remedy: "Remove `secret`, to log in with a token." },
      ],
    });
  });
});

testOn("postgres", "a secret that must not be read, with the missing policy statement", async () => {
  manager
    .on(GetSecretValueCommand)
    .rejects(Object.assign(new Error("not authorized"), { name: "AccessDeniedException" }));
  const proxy = await startLocalProxy({
    engine: "postgres",
    upstream: inject("postgres"),
    authentication: "password",
  });
  onTestFinished(() => proxy.close());
  const report = await diagnose(
    { ...connectTo(proxy), secret: { secretId: SECRET } },
    { ...systemRuntime, env: {} },
  );
  expect(report.steps[5]).toMatchObject({
    step: "token",
    outcome: "failed",
    problem: expect.stringContaining("AccessDeniedException"),
    causes: [{ example: expect.stringContaining("secretsmanager:GetSecretValue") }, {}, {}],
  });
});
