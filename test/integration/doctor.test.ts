import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Engine } from "@rds-proxy/core";
import { systemRuntime } from "@rds-proxy/core/internal";
import { type DiagnoseOptions, type DiagnosisReport, diagnose, formatReport } from "@rds-proxy/doctor";
import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import { beforeEach, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { createCertificates, type TestCertificates } from "../../packages/core/src/testing/certificates.js";
import { connectTo } from "../support/connect-to.js";
import { KEY, keepFromSts } from "../support/doctor.js";
import { testedEngines, testOn } from "../support/tested-engines.js";

beforeEach(keepFromSts);

describe.each(testedEngines)("%s", (engine) => {
  test("every step of a healthy connection succeeds, and no connection is left open", async () => {
    const proxy = await startProxy(engine);
    const report = await examine(proxy);
    expect(report.steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
      "options ok",
      "dns ok",
      "tcp ok",
      "tls ok",
      "credentials ok",
      "token ok",
      "login ok",
      "query ok",
      "server ok",
    ]);
    const { user, database } = inject(engine);
    expect(factsOf(report, "token")).toMatchObject({
      "signed for": `localhost:${proxy.port}`,
      user,
      region: "us-east-1",
    });
    expect(factsOf(report, "tls")["root"]).toMatch(/^Local RDS Proxy CA .*: from ssl\.ca$/);
    expect(factsOf(report, "credentials")).toMatchObject({ kind: "temporary", "access key": "ASIA…MPLE" });
    expect(factsOf(report, "server")).toMatchObject({ database, "read only": false });
    expect(report.isHealthy).toBe(true);
    await vi.waitFor(() => expect(proxy.clients()).toEqual([]));
  });

  test("a reader endpoint is a warning, with a failover among its causes", async () => {
    const report = await examine(await startProxy(engine, { targetRole: "read-only" }));
    expect(report.isHealthy).toBe(true);
    expect(report.steps.at(-1)).toMatchObject({ step: "server", outcome: "warning" });
    expect(factsOf(report, "server")["read only"]).toBe(true);
    expect(causesOf(report)[0]).toContain("is a reader endpoint");
  });

  test("a port on which nothing listens", async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const report = await examineServer(engine, port);
    expect(failureOf(report)).toBe("tcp");
    expect(problemOf(report)).toContain("ECONNREFUSED");
    expect(causesOf(report)[0]).toContain("Nothing listens on port");
  });

  test("a silent server, within the limit of the whole diagnosis", async () => {
    const port = await startServer(() => undefined);
    const report = await examineServer(engine, port, { timeoutMs: 300, connectTimeoutMs: 60_000 });
    expect(failureOf(report)).toBe("tls");
    expect(problemOf(report)).toBe("The server accepted the connection, but did not answer in time.");
    expect(causesOf(report).join()).toContain("its target does not answer");
  });

  test("a server that closes the connection", async () => {
    const report = await examineServer(engine, await startServer((socket) => socket.end()));
    expect(failureOf(report)).toBe("tls");
    expect(problemOf(report)).toContain("closed it before TLS began");
  });

  test("a server of another protocol", async () => {
    const port = await startServer((socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const report = await examineServer(engine, port);
    expect(failureOf(report)).toBe("tls");
    expect(problemOf(report)).toBe(
      `The server does not speak the protocol of ${engine}: it looks like HTTP.`,
    );
  });

  test("a database that has TLS switched off", async () => {
    const port = await startServer((socket) => {
      if (engine === "mysql") socket.write(mysqlGreeting({ hasTls: false }));
      else socket.once("data", () => socket.write("N"));
    });
    const report = await examineServer(engine, port);
    expect(failureOf(report)).toBe("tls");
    expect(problemOf(report)).toContain("has TLS switched off");
    expect(causesOf(report)[0]).toContain("not an RDS Proxy");
  });

  test("an endpoint of the other engine", async () => {
    const other = engine === "postgres" ? "mysql" : "postgres";
    // The diagnosis ends before the proxy needs a database.
    const proxy = await startProxy(other, {
      upstream: { host: "127.0.0.1", port: 1, user: "app", database: "shop" },
    });
    const report = await examine(proxy, { engine, connectTimeoutMs: 300 });
    expect(failureOf(report)).toBe("tls");
    expect(causesOf(report)[0]).toContain(`--engine ${other}`);
  });

  test("a server that refuses all clients before TLS", async () => {
    const port = await startServer((socket) => socket.write(tooManyConnections(engine)));
    const report = await examineServer(engine, port);
    expect(failureOf(report)).toBe("tls");
    expect(problemOf(report)).toContain("too many connections");
    expect(causesOf(report)[0]).toContain("All connection slots are taken");
  });

  test("a certificate of an unknown CA", async () => {
    const { ca } = await createCertificates("localhost");
    const report = await examine(await startProxy(engine), { ssl: { ca } });
    expect(failureOf(report)).toBe("tls");
    expect(problemOf(report)).toContain("its issuer is not trusted");
    expect(causesOf(report)[0]).toContain("--ca-file");
  });

  test("a certificate for another name, as behind a CNAME", async () => {
    const name = "shop.proxy-abc.us-east-1.rds.amazonaws.com";
    const proxy = await startProxy(engine, { endpointNames: [name] });
    const report = await examine(proxy, { ssl: { ca: proxy.ca, servername: "db.example" } });
    expect(failureOf(report)).toBe("tls");
    expect(problemOf(report)).toContain(`it is not for db.example, but for localhost, 127.0.0.1, ${name}`);
    expect(causesOf(report)[0]).toContain(`--signing-host ${name}`);
  });

  test("the certificate of an RDS instance, behind a tunnel", async () => {
    const certificates = await createCertificates("shop.abc.us-east-1.rds.amazonaws.com", {
      rootName: "Amazon RDS us-east-1 Root CA RSA2048 G1",
    });
    const report = await examineServer(engine, await startTlsServer(engine, certificates));
    expect(failureOf(report)).toBe("tls");
    expect(causesOf(report)[0]).toContain("belongs to an RDS instance or cluster");
  });

  test("a certificate that has expired", async () => {
    const certificates = await createCertificates("127.0.0.1", { daysLeft: -1 });
    const options = { ssl: { ca: certificates.ca } };
    const report = await examineServer(engine, await startTlsServer(engine, certificates), options);
    expect(failureOf(report)).toBe("tls");
    expect(problemOf(report)).toContain("it has expired");
    expect(causesOf(report)[0]).toContain("The clock of this machine is wrong");
  });

  test.each(["on-accept", "before-tls-reply", "after-tls", "after-startup", "after-password"] as const)(
    "a connection that breaks %s is in the report",
    async (stage) => {
      for (const manner of ["reset", "close"] as const) {
        const proxy = await startProxy(engine);
        proxy.faults.failConnects(`${manner}-${stage}`, { times: Number.POSITIVE_INFINITY });
        const report = await examine(proxy);
        expect(["tls", "login"]).toContain(failureOf(report));
        expect(causesOf(report)).not.toEqual([]);
      }
    },
  );

  test("credentials that have expired", async () => {
    const report = await examine(await startProxy(engine), {
      credentials: { ...KEY, expiration: new Date("2026-01-01T00:00:00Z") },
    });
    expect(failureOf(report)).toBe("credentials");
    expect(problemOf(report)).toContain("The credentials expired at 2026-01-01T00:00:00.000Z");
  });

  test("a temporary key without its session token", async () => {
    const { accessKeyId, secretAccessKey } = KEY;
    const report = await examine(await startProxy(engine), { credentials: { accessKeyId, secretAccessKey } });
    expect(failureOf(report)).toBe("credentials");
    expect(causesOf(report)[0]).toContain("AWS_SESSION_TOKEN");
  });

  test("credentials that the provider cannot get", async () => {
    const report = await examine(await startProxy(engine), {
      credentials: () => Promise.reject(new Error("no SSO session")),
    });
    expect(failureOf(report)).toBe("credentials");
    expect(problemOf(report)).toContain("no SSO session");
  });

  test("a role that is not allowed to log in, with the missing policy statement", async () => {
    const { user } = inject(engine);
    const name = "shop.proxy-abc.us-east-1.rds.amazonaws.com";
    const proxy = await startProxy(engine, { deniedUsers: [user], endpointNames: [name] });
    await startSts(200, caller("111122223333", "arn:aws:sts::111122223333:assumed-role/shop/x"));
    const report = await examine(proxy, { signingHost: name });
    expect(failureOf(report)).toBe("login");
    expect(factsOf(report, "credentials")["account"]).toBe("111122223333");
    const [first = ""] = causesOf(report);
    expect(first).toContain("arn:aws:sts::111122223333:assumed-role/shop/x");
    expect(first).toContain(`"arn:aws:rds-db:us-east-1:111122223333:dbuser:prx-ID/${user}"`);
    expect(first).toContain(`DBProxies[?Endpoint=='${name}']`);
  });

  test("a token for another region", async () => {
    const report = await examine(await startProxy(engine), { region: "eu-west-1" });
    expect(failureOf(report)).toBe("login");
    expect(causesOf(report).slice(0, 3).join()).toContain("signed for eu-west-1");
  });

  test("keys that the proxy does not know", async () => {
    const proxy = await startProxy(engine);
    proxy.rotateCredentials();
    const report = await examine(proxy);
    expect(failureOf(report)).toBe("login");
    expect(factsOf(report, "login")).toMatchObject({
      kind: "auth",
      "library retries": "once, with a new token",
    });
  });

  test("a database that does not exist", async () => {
    const report = await examine(await startProxy(engine), { database: "nowhere" });
    expect(failureOf(report)).toBe("login");
    expect(causesOf(report)[0]).toContain("There is no database nowhere");
  });

  test.each([
    ["exhausted", "exhausted", "Every database connection is in use"],
    ["too-many-clients", "exhausted", "The proxy has as many clients as it accepts"],
    ["borrow-timeout", "borrow-timeout", "DatabaseConnectionsBorrowLatency"],
    ["throttled", "throttled", "too many logins per second"],
    ["starting", "starting", "The database is not ready"],
    ["unknown", "dropped", "describe-db-proxy-targets"],
    ["close-after-startup", "dropped", "ended the connection during the login"],
  ] as const)("a login that meets %s", async (fault, kind, cause) => {
    const proxy = await startProxy(engine);
    proxy.faults.failConnects(fault, { times: Number.POSITIVE_INFINITY });
    const report = await examine(proxy);
    expect(failureOf(report)).toBe("login");
    expect(factsOf(report, "login")["kind"]).toBe(kind);
    expect(causesOf(report).join("\n")).toContain(cause);
  });

  test("a login that is never answered", async () => {
    const proxy = await startProxy(engine);
    proxy.faults.failConnects("silence-after-password", { times: Number.POSITIVE_INFINITY });
    const report = await examine(proxy, { connectTimeoutMs: 3000 });
    expect(failureOf(report)).toBe("login");
    expect(problemOf(report)).toContain("did not complete the login in the time");
    expect(causesOf(report)[0]).toContain("ConnectionBorrowTimeout");
  });

  test("a secret access key with a line break at its end", async () => {
    const credentials = { ...KEY, secretAccessKey: `${KEY.secretAccessKey}\n` };
    const report = await examine(await startProxy(engine), { credentials });
    expect(report.steps[4]).toMatchObject({ step: "credentials", outcome: "warning" });
    expect(failureOf(report)).toBe("login");
    expect(report.steps[6]?.causes[0]?.cause).toContain("ends with a line break");
  });

  test("a clock that differs from the one of AWS", async () => {
    await startSts(200, caller("111122223333", "arn:aws:sts::111122223333:assumed-role/shop/x"), {
      date: new Date(Date.now() + 480_000).toUTCString(),
    });
    const report = await examine(await startProxy(engine), { region: "eu-west-1" });
    expect(report.steps[4]?.problem).toMatch(/^The clock of this machine is 4[78]\d s behind that of AWS\.$/);
    expect(report.steps[6]?.causes[0]?.cause).toContain("behind that of AWS");
  });

  test("credentials that STS rejects are a warning, since the login decides", async () => {
    await startSts(
      403,
      "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>The security token is expired</Message></Error></ErrorResponse>",
    );
    const report = await examine(await startProxy(engine));
    expect(report.isHealthy).toBe(true);
    expect(report.steps[4]).toMatchObject({ step: "credentials", outcome: "warning" });
    expect(report.steps[4]?.problem).toContain("The security token is expired");
  });
});

testOn("postgres", "a proxy for PostgreSQL without a secret for the user", async () => {
  const proxy = await startProxy("postgres");
  proxy.faults.failConnects("no-credentials", { times: Number.POSITIVE_INFINITY });
  const report = await examine(proxy);
  expect(failureOf(report)).toBe("login");
  expect(causesOf(report)[0]).toContain(`The proxy has no secret for the user ${inject("postgres").user}`);
});

testOn("postgres", "a proxy for PostgreSQL with IAM authentication disabled", async () => {
  const upstream = inject("postgres");
  const proxy = await startProxy("postgres", {
    users: { [upstream.user]: { password: upstream.password, authentication: "password" } },
    postgres: { clientPasswordAuthType: "cleartext" },
  });
  const report = await examine(proxy);
  expect(failureOf(report)).toBe("login");
  expect(causesOf(report)[0]).toContain("IAMAuth to REQUIRED");
});

testOn("mysql", "a session of MySQL that gets no database connection for its first statement", async () => {
  const proxy = await startProxy("mysql");
  proxy.faults.failStatements("borrow-timeout");
  const report = await examine(proxy);
  expect(failureOf(report)).toBe("query");
  expect(problemOf(report)).toContain("Timed-out waiting to acquire database connection");
});

async function startProxy(engine: Engine, options: Partial<LocalProxyOptions> = {}): Promise<LocalProxy> {
  const proxy = await startLocalProxy({
    engine,
    upstream: inject(engine),
    credentials: [KEY],
    ...options,
  });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** Diagnoses a connection to a proxy, and checks that the report has no secret. */
async function examine(proxy: LocalProxy, options: DiagnoseOptions = {}): Promise<DiagnosisReport> {
  const engine = proxy.url.startsWith("mysql") ? "mysql" : "postgres";
  const report = await diagnose(
    { engine, ...connectTo(proxy), credentials: KEY, ...options },
    { ...systemRuntime, env: {} },
  );
  expectNoSecret(report);
  return report;
}

function examineServer(
  engine: Engine,
  port: number,
  options: DiagnoseOptions = {},
): Promise<DiagnosisReport> {
  return diagnose(
    { engine, host: "127.0.0.1", port, user: "app", region: "us-east-1", credentials: KEY, ...options },
    { ...systemRuntime, env: {} },
  );
}

function expectNoSecret(report: DiagnosisReport): void {
  for (const text of [JSON.stringify(report), formatReport(report)]) {
    for (const secret of [...Object.values(KEY), "X-Amz-Signature", "X-Amz-Security-Token"]) {
      expect(text).not.toContain(secret);
    }
  }
}

function failureOf({ steps }: DiagnosisReport): string | undefined {
  return steps.find(({ outcome }) => outcome === "failed")?.step;
}

function problemOf({ steps }: DiagnosisReport): string | undefined {
  return steps.find(({ outcome }) => outcome === "failed")?.problem;
}

/** Each cause with its remedy and example. */
function causesOf({ steps }: DiagnosisReport): string[] {
  return steps
    .flatMap(({ causes }) => causes)
    .map(({ cause, remedy, example = "" }) => [cause, remedy, example].join("\n"));
}

function factsOf({ steps }: DiagnosisReport, name: string): Readonly<Record<string, unknown>> {
  const facts = steps.find(({ step }) => step === name)?.facts ?? [];
  return Object.fromEntries(facts.map((fact) => [fact.name, fact.value]));
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server does not listen");
  return address.port;
}

/** A server that handles each client with `treat`. */
async function startServer(treat: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => socket.destroy());
    treat(socket);
  });
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return listen(server);
}

/** A server that speaks its engine's protocol up to TLS. */
function startTlsServer(engine: Engine, { cert, key }: TestCertificates): Promise<number> {
  return startServer((socket) => {
    if (engine === "mysql") socket.write(mysqlGreeting({ hasTls: true }));
    socket.once("readable", () => {
      // The request for TLS. The bytes after it belong to the handshake.
      socket.read(engine === "postgres" ? 8 : 36);
      if (engine === "postgres") socket.write("S");
      new TLSSocket(socket, { isServer: true, cert, key }).on("error", () => socket.destroy());
    });
  });
}

/** Protocol version 10, a version, thread id, challenge, filler, and the capabilities: protocol 4.1, and TLS. */
function mysqlGreeting({ hasTls }: { hasTls: boolean }): Buffer {
  const capabilities = Buffer.from([0x00, hasTls ? 0x0a : 0x02]);
  const payload = Buffer.concat([Buffer.from("\n8.4.0\0"), Buffer.alloc(13), capabilities]);
  return Buffer.concat([Buffer.from([payload.length, 0, 0, 0]), payload]);
}

/** An STS with a fixed answer. */
async function startSts(status: number, body: string, headers: Record<string, string> = {}): Promise<void> {
  const server = createHttpServer((_request, response) => {
    response.writeHead(status, { "content-type": "text/xml", ...headers }).end(body);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  vi.stubEnv("AWS_ENDPOINT_URL_STS", `http://127.0.0.1:${await listen(server)}`);
}

function caller(account: string, arn: string): string {
  return (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
    `<Arn>${arn}</Arn><UserId>AIDA</UserId><Account>${account}</Account>` +
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
  );
}

/** The error of a server without a free connection slot, as its first message. */
function tooManyConnections(engine: Engine): Buffer {
  if (engine === "mysql") {
    const payload = Buffer.concat([
      Buffer.from([0xff, 0x10, 0x04]),
      Buffer.from("#08004too many connections"),
    ]);
    return Buffer.concat([Buffer.from([payload.length, 0, 0, 0]), payload]);
  }
  const fields = Buffer.from("SFATAL\0C53300\0Msorry, too many connections already\0\0");
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeUInt32BE(4 + fields.length, 1);
  return Buffer.concat([head, fields]);
}
