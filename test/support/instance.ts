import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext, TLSSocket } from "node:tls";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import { mockClient } from "aws-sdk-client-mock";
import { onTestFinished } from "vitest";
import { createCertificates } from "../../packages/core/src/testing/certificates.js";

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
  const { ca, cert, key } = await createCertificates("localhost");
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-connect-"));
  const caFile = join(folder, "ca.pem");
  await writeFile(caFile, ca);
  let connections = 0;
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    connections += 1;
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write("S");
      const secured = new TLSSocket(socket, {
        isServer: true,
        secureContext: createSecureContext({ cert, key }),
      });
      const server = connect(port, host);
      for (const each of [secured, server]) {
        sockets.add(each);
        each.on("error", () => undefined);
      }
      secured.pipe(server).pipe(secured);
    });
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    listener.close();
    await rm(folder, { recursive: true });
  });
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const endpoint = ["--host", "localhost", "--endpoint-port", String(address.port), "--ca-file", caFile];
  return {
    flags: [...endpoint, "--secret", "s", "--database", database],
    connections: () => connections,
  };
}
