import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import { mockClient } from "aws-sdk-client-mock";
import { onTestFinished } from "vitest";
import { startTlsFront } from "./tls-front.js";

/**
 * An instance for `rds-proxy-connect`: a way with TLS to a PostgreSQL without it, and its secret in a Secrets Manager of the test's
 * own. Like an instance, and unlike a proxy, it takes cancel requests.
 */
export async function startInstance({
  host,
  port,
  user,
  password,
  database = "postgres",
}: DatabaseServer): Promise<{
  /** The flags that lead to it. */
  flags: readonly string[];
  connections(): number;
}> {
  mockClient(SecretsManagerClient)
    .on(GetSecretValueCommand)
    .resolves({ VersionId: "1", SecretString: JSON.stringify({ username: user, password }) });
  const front = await startTlsFront({ host, port });
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-connect-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const caFile = join(folder, "ca.pem");
  await writeFile(caFile, front.ca);
  const endpoint = ["--host", "localhost", "--endpoint-port", String(front.port), "--ca-file", caFile];
  return {
    flags: [...endpoint, "--secret", "s", "--database", database],
    connections: front.connections,
  };
}
