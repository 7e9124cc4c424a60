import dns from "node:dns";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createPool as createMysqlPool } from "@rds-proxy/adapter-mysql2";
import { createPool as createPgPool } from "@rds-proxy/adapter-pg";
import { type ConnectPhase, onRdsProxyEvent, type RdsProxyOptions } from "@rds-proxy/core";
import { rdsProxy as rdsProxyPg } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyMysql } from "@rds-proxy/middleware/mysql";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createCertificates, type TestCertificates } from "../../packages/core/src/testing/certificates.js";
import { startHostileServer } from "../hostile/hostile-server.js";
import { mysqlProtocol } from "../hostile/mysql-protocol.js";
import { postgresProtocol } from "../hostile/postgres-protocol.js";
import type { Protocol } from "../hostile/protocol.js";
import { startSilentListener } from "../support/silent-listener.js";

/** Ways to connect, each of which ends an attempt by another deadline. */
const clients = [
  {
    name: "the middleware with pg",
    protocol: postgresProtocol,
    connect: (options: RdsProxyOptions) => rdsProxyPg(options).warmUp(),
  },
  {
    name: "a pool of pg",
    protocol: postgresProtocol,
    connect: async (options: RdsProxyOptions) => (await createPgPool(options).connect()).release(true),
  },
  {
    name: "the middleware with mysql2",
    protocol: mysqlProtocol,
    connect: (options: RdsProxyOptions) => rdsProxyMysql(options).warmUp(),
  },
  {
    name: "a pool of mysql2",
    protocol: mysqlProtocol,
    connect: async (options: RdsProxyOptions) => (await createMysqlPool(options).getConnection()).destroy(),
  },
];

let certificates: TestCertificates;
beforeAll(async () => {
  certificates = await createCertificates("localhost");
});

/** Options of a connect that makes one attempt, with enough time for the phases before the one that is silent. */
function optionsFor(
  port: number,
  { host = "localhost", connectTimeoutMs = 1500 }: { host?: string; connectTimeoutMs?: number } = {},
): RdsProxyOptions {
  return {
    host,
    port,
    user: "app",
    database: "app",
    region: "eu-west-1",
    credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" },
    ssl: { ca: certificates.ca, servername: "localhost" },
    connectTimeoutMs,
    retry: { maxAttempts: 1 },
  };
}

async function serverThatIsSilentAt(
  protocol: Protocol,
  stage: "greeting" | "welcome",
  saysTheRest: boolean,
): Promise<number> {
  const server = await startHostileServer(protocol, certificates);
  onTestFinished(() => server.close());
  server.plan = { stage, attack: (socket, honest) => saysTheRest && socket.write(honest) };
  return server.port;
}

describe.each(clients)("$name", ({ protocol, connect }) => {
  /** The error of the connect, and the phases that its events have. */
  async function failure(options: RdsProxyOptions): Promise<{ error: unknown; phases: unknown[] }> {
    const phases: unknown[] = [];
    onTestFinished(
      onRdsProxyEvent("failure", ({ error, failedAttempts }) => {
        phases.push(error.phase, ...failedAttempts.map(({ phase }) => phase));
      }),
    );
    const error = await connect(options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { error, phases };
  }

  async function expectPhase(options: RdsProxyOptions, phase: ConnectPhase, message: RegExp): Promise<void> {
    const { error, phases } = await failure(options);
    expect(error).toMatchObject({ name: "RdsProxyError", phase, message: expect.stringMatching(message) });
    expect(phases).toEqual([phase, phase]);
  }

  test("names the name if it is not resolved in time", async () => {
    const own = dns.lookup;
    Object.defineProperty(dns, "lookup", { value: () => undefined, configurable: true, writable: true });
    onTestFinished(() => {
      Object.defineProperty(dns, "lookup", { value: own, configurable: true, writable: true });
    });
    await expectPhase(
      optionsFor(1, { host: "no-such-name.invalid", connectTimeoutMs: 400 }),
      "name",
      /name was not resolved in the time.*UV_THREADPOOL_SIZE/,
    );
  });

  test("names TCP if nothing answers", async () => {
    const port = await startSilentListener("127.0.0.1");
    await expectPhase(
      optionsFor(port, { host: "127.0.0.1", connectTimeoutMs: 400 }),
      "tcp",
      /TCP connection was not accepted in the time.*security groups/,
    );
  });

  test("names TCP if the port is closed", async () => {
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, "close");
    await expectPhase(optionsFor(port, { host: "127.0.0.1" }), "tcp", /ECONNREFUSED/);
  });

  test("names TLS if the server says nothing", async () => {
    const port = await serverThatIsSilentAt(protocol, "greeting", false);
    await expectPhase(optionsFor(port), "tls", /TLS handshake did not end in the time.*another protocol/);
  });

  test("names TLS if the handshake does not end", async () => {
    const port = await serverThatIsSilentAt(protocol, "greeting", true);
    await expectPhase(optionsFor(port), "tls", /TLS handshake did not end in the time/);
  });

  test("names the credentials if their provider does not answer", async () => {
    const port = await serverThatIsSilentAt(protocol, "welcome", false);
    const credentials = () => new Promise<never>(() => undefined);
    await expectPhase({ ...optionsFor(port), credentials }, "credentials", /did not answer in/);
  });

  test("names the login if the server does not answer the token", async () => {
    const port = await serverThatIsSilentAt(protocol, "welcome", false);
    await expectPhase(
      optionsFor(port),
      "login",
      /did not complete the login in the time.*DatabaseConnectionsBorrowLatency/,
    );
  });

  test("names the login if the server refuses it", async () => {
    const server = await startHostileServer(protocol, certificates);
    onTestFinished(() => server.close());
    server.plan = { stage: "welcome", attack: (socket) => socket.end(protocol.error) };
    const { error } = await failure(optionsFor(server.port));
    expect(error).toMatchObject({ name: "RdsProxyError", phase: "login" });
  });
});
