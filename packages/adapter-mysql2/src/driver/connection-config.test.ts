import { createHash } from "node:crypto";
import { type EventEmitter, once } from "node:events";
import { createServer, Socket } from "node:net";
import { inspect } from "node:util";
import type { RdsProxyOptions } from "@rds-proxy/core";
import { Login, type ResolvedRdsProxyOptions, resolveOptions } from "@rds-proxy/core/adapter";
import {
  type Connection,
  type ConnectionOptions,
  createConnection,
  createPool,
  type SslOptions,
} from "mysql2";
import {
  createConnection as createConnectionBefore322,
  createPool as createPoolBefore322,
} from "mysql2-before-clear-password";
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { Secret } from "../../../core/src/credentials/secret.js";
import { CachedSecretReader } from "../../../core/src/credentials/secret-reader.js";
import { createCertificates, type TestCertificates } from "../../../core/src/testing/certificates.js";
import { SCRAMBLE, startMysqlStub } from "../testing/mysql-stub.js";
import { createConnectionConfig } from "./connection-config.js";

const PROXY = "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com";
const INSTANCE = "db-1.abcdefghijkl.eu-west-1.rds.amazonaws.com";
const TOKEN = "shop.proxy:3306/?Action=connect&X-Amz-Signature=0123456789abcdef";

let ofLocalhost: TestCertificates;
let ofAddress: TestCertificates;
let ofProxy: TestCertificates;

beforeAll(async () => {
  [ofLocalhost, ofAddress, ofProxy] = await Promise.all([
    createCertificates("localhost"),
    createCertificates("127.0.0.1"),
    createCertificates(PROXY),
  ]);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function resolved(options: RdsProxyOptions = {}): ResolvedRdsProxyOptions {
  const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/EXAMPLEKEY" };
  const { runtime } = resolveOptions({ host: PROXY, user: "app", credentials }, "mysql");
  return resolveOptions({ host: PROXY, user: "app", region: "eu-west-1", credentials, ...options }, "mysql", {
    ...runtime,
    env: {},
  });
}

function configOf(
  options: RdsProxyOptions = {},
  password: () => Promise<string> = async () => TOKEN,
): ConnectionOptions {
  return createConnectionConfig(resolved(options), {})(password);
}

function sslOf({ ssl }: ConnectionOptions): SslOptions {
  if (typeof ssl !== "object") throw new Error("no TLS");
  return ssl;
}

type Connect = (config: ConnectionOptions) => EventEmitter & Pick<Connection, "destroy">;

const DRIVERS: readonly (readonly [name: string, connect: Connect, createPool: typeof createPool])[] = [
  ["mysql2 from 3.22 on", createConnection, createPool],
  // Its types are those of its own version.
  [
    "mysql2 before 3.22",
    (config) => Reflect.apply(createConnectionBefore322, undefined, [config]),
    (config) => Reflect.apply(createPoolBefore322, undefined, [config]),
  ],
];

/** Logs in: the connection, or the error that the login ended with. */
async function logIn(config: ConnectionOptions, connect: Connect = createConnection) {
  const connection = connect(config);
  onTestFinished(() => connection.destroy());
  return await once(connection, "connect").then(
    () => connection,
    (error: unknown) => {
      connection.on("error", () => undefined);
      return error;
    },
  );
}

describe("the configuration", () => {
  it("contains the endpoint, the user, and the timeout of the attempt", () => {
    expect(configOf({ database: "shop", port: 3307, connectTimeoutMs: 1234 })).toMatchObject({
      host: PROXY,
      port: 3307,
      user: "app",
      database: "shop",
      connectTimeout: 1234,
    });
  });

  it("names no database where none was given, and never a password", () => {
    expect(configOf()).not.toHaveProperty("database");
    expect(configOf()).not.toHaveProperty("password");
  });

  it("includes mysql2's own options, none of which overrides these", () => {
    const given = { timezone: "Z", ...{ host: "elsewhere", ssl: {} } };
    expect(createConnectionConfig(resolved(), given)(async () => TOKEN)).toMatchObject({
      timezone: "Z",
      host: PROXY,
      ssl: { rejectUnauthorized: true, verifyIdentity: true },
    });
  });

  it("has mysql2 lay out a small cache of prepared statements, or the one that was asked for", () => {
    expect(configOf().maxPreparedStatements).toBe(250);
    const config = createConnectionConfig(resolved(), { maxPreparedStatements: 16_000 });
    expect(config(async () => TOKEN).maxPreparedStatements).toBe(16_000);
  });

  it("has one object about TLS for all connections, so that mysql2 parses the roots once", () => {
    const createConfig = createConnectionConfig(resolved({ ssl: { ca: ofLocalhost.ca } }), {});
    const [first, second] = [createConfig(async () => TOKEN), createConfig(async () => TOKEN)];
    expect(first.ssl).toBe(second.ssl);
    const { ca } = sslOf(first);
    expect(ca).toContain(ofLocalhost.ca);
    expect(sslOf(second).ca).toBe(ca);
    // A library may copy it.
    expect({ ...sslOf(first) }.ca).toBe(ca);
  });

  it("leaves a proxy to Node's own roots", () => {
    expect(sslOf(configOf()).ca).toBeUndefined();
  });

  it("shows the token nowhere", async () => {
    const stub = await startMysqlStub(ofLocalhost);
    const config = configOf({ host: "localhost", port: stub.port, ssl: { ca: ofLocalhost.ca } });
    const connection = await logIn(config);
    expect(stub.passwords.map(String)).toEqual([`${TOKEN}\0`]);
    const shown = inspect({ config, connection }, { depth: Number.POSITIVE_INFINITY, showHidden: true });
    expect(shown).not.toContain("X-Amz-Signature");
    expect(shown).not.toContain(inspect(Buffer.from(TOKEN)).slice(8, 40));
  });
});

describe("a server that asks for a token", () => {
  /** Asks as mysql2 does for the login of a command. */
  function serverOf(password: () => Promise<string>) {
    const plugin = configOf({}, password).authPlugins?.["mysql_clear_password"];
    if (!plugin) throw new Error("no plugin");
    return (authorized: boolean, command: object) => {
      const login: Parameters<typeof plugin>[0] = Object({ connection: { stream: { authorized } }, command });
      return plugin(login)(Buffer.alloc(0));
    };
  }
  const refusal = (code: string, message: string) =>
    expect.objectContaining({
      message: "the auth token could not be signed",
      cause: expect.objectContaining({ code, message }),
    });

  it("gets one for each login", async () => {
    let signed = 0;
    const ask = serverOf(async () => `token-${++signed}`);
    const login = {};
    expect(String(await ask(true, login))).toBe("token-1\0");
    await expect(ask(true, login)).rejects.toEqual(
      refusal("RDS_PROXY_REFUSED", "The server asked for a second token in one login, which was ended."),
    );
    expect(String(await ask(true, {}))).toBe("token-2\0");
  });

  it("gets none before it was verified", async () => {
    const password = vi.fn(async () => TOKEN);
    await expect(serverOf(password)(false, {})).rejects.toEqual(
      refusal("RDS_PROXY_TLS", "The server asked for a token before it was verified. Nothing was signed."),
    );
    expect(password).not.toHaveBeenCalled();
  });
});

describe.each(DRIVERS)("%s", (_, connect) => {
  it("gets a token for each login, with a NUL after it", async () => {
    const stub = await startMysqlStub(ofLocalhost);
    let signed = 0;
    const config = configOf(
      { host: "localhost", port: stub.port, ssl: { ca: ofLocalhost.ca } },
      async () => `token-${++signed}`,
    );
    expect(signed).toBe(0);
    await logIn(config, connect);
    await logIn(config, connect);
    expect(stub.passwords.map(String)).toEqual(["token-1\0", "token-2\0"]);
  });

  it("agrees on TLS 1.2 with a server that has no later version", async () => {
    const stub = await startMysqlStub({ ...ofLocalhost, maxVersion: "TLSv1.2" });
    const config = configOf({ host: "localhost", port: stub.port, ssl: { ca: ofLocalhost.ca } });
    expect(await logIn(config, connect)).not.toBeInstanceOf(Error);
  });

  it("sends a long token whole", async () => {
    const stub = await startMysqlStub(ofLocalhost);
    const long = "x".repeat(4000);
    const options = { host: "localhost", port: stub.port, ssl: { ca: ofLocalhost.ca } };
    await logIn(
      configOf(options, async () => long),
      connect,
    );
    expect(stub.passwords.map(String)).toEqual([`${long}\0`]);
  });

  it.each([
    ["another root", () => ofLocalhost, "localhost", undefined, /self-signed certificate/],
    ["another name", () => ofProxy, "localhost", () => ofProxy.ca, /does not match certificate's altnames/],
    ["localhost", () => ofLocalhost, "127.0.0.1", () => ofLocalhost.ca, /IP: 127\.0\.0\.1 is not in/],
    ["an address", () => ofAddress, "localhost", () => ofAddress.ca, /Host: localhost\. is not/],
  ])("sends nothing to a server with the certificate of %s", async (_name, server, host, ca, reason) => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    const stub = await startMysqlStub(server());
    const config = configOf({ host, port: stub.port, ssl: { ca: ca?.() } });
    expect(await logIn(config, connect)).toMatchObject({
      code: "HANDSHAKE_SSL_ERROR",
      message: expect.stringMatching(reason),
    });
    expect(stub).toMatchObject({ connects: 1, passwords: [] });
  });

  it("sends nothing to a server without TLS", async () => {
    const stub = await startMysqlStub();
    expect(await logIn(configOf({ host: "localhost", port: stub.port }), connect)).toMatchObject({
      code: "HANDSHAKE_NO_SSL_SUPPORT",
    });
    expect(stub).toMatchObject({ connects: 1, passwords: [] });
  });

  it("sends nothing to a server that says more than its greeting without TLS", async () => {
    const received: Buffer[] = [];
    const server = createServer((socket) => {
      socket.on("data", (bytes) => received.push(bytes)).on("error", () => undefined);
      socket.end(Buffer.from([1, 0, 0, 0, 10, 1, 0, 0, 1, 0]));
    });
    server.listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { port } = Object(server.address());
    expect(await logIn(configOf({ host: "localhost", port }), connect)).toMatchObject({
      message: "the server spoke in clear text",
      cause: { code: "RDS_PROXY_TLS" },
    });
    expect(received).toEqual([]);
  });

  it("accepts an address that is in the certificate", async () => {
    const stub = await startMysqlStub(ofAddress);
    const config = configOf({ host: "127.0.0.1", port: stub.port, ssl: { ca: ofAddress.ca } });
    expect(await logIn(config, connect)).not.toBeInstanceOf(Error);
    expect(stub.passwords).toHaveLength(1);
  });

  it("dials a tunnel and verifies the endpoint behind it", async () => {
    const stub = await startMysqlStub(ofProxy);
    const tunnel = { host: "localhost", port: stub.port, signingHost: PROXY };
    expect(await logIn(configOf({ ...tunnel, ssl: { ca: ofProxy.ca } }), connect)).not.toBeInstanceOf(Error);
    const other = { ...tunnel, signingHost: `other.${PROXY}` };
    expect(await logIn(configOf({ ...other, ssl: { ca: ofProxy.ca } }), connect)).toMatchObject({
      code: "HANDSHAKE_SSL_ERROR",
    });
    expect(stub).toMatchObject({ connects: 2, passwords: { length: 1 } });
  });

  it("reports why no token could be signed, and leaves that error as it was", async () => {
    const stub = await startMysqlStub(ofLocalhost);
    const cause = new Error("no credentials");
    const options = { host: "localhost", port: stub.port, ssl: { ca: ofLocalhost.ca } };
    const error = await logIn(
      configOf(options, () => Promise.reject(cause)),
      connect,
    );
    expect(error).toMatchObject({ code: "AUTH_SWITCH_PLUGIN_ERROR", cause });
    expect(cause).not.toHaveProperty("code");
    expect(stub.passwords).toEqual([]);
  });
});

describe.each(DRIVERS)("the password of a secret, in %s,", (_, connect, createDriverPool) => {
  /** A configuration whose secret is read when the login begins. */
  function secretConfig(
    port: number,
    values: readonly { user: string; password: string }[],
  ): ConnectionOptions {
    const options = resolved({ host: "localhost", port, ssl: { ca: ofLocalhost.ca } });
    const left = values.map((value) => ({ ...value, versionId: undefined }));
    const { clock, restores } = options.runtime;
    const fetch = async () => {
      const value = left.shift();
      if (!value) throw new Error("the secret was read too often");
      return value;
    };
    const reader = new CachedSecretReader("prod/orders", undefined, clock, fetch, restores);
    const secret = new Secret("prod/orders", undefined, async () => reader);
    const withSecret = { ...options, secret };
    return createConnectionConfig(withSecret, {})(() => new Login(withSecret).password());
  }

  it("is proven in the answer to the greeting, and never sent in clear text", async () => {
    const stub = await startMysqlStub(ofLocalhost);
    const config = secretConfig(stub.port, [{ user: "orders", password: "hunter2" }]);
    expect(await logIn(config, connect)).toMatchObject({
      code: "AUTH_SWITCH_PLUGIN_ERROR",
      message: "the password was not sent in clear text",
      cause: {
        code: "RDS_PROXY_REFUSED",
        message:
          "The server asks for the password in clear text, as RDS Proxy does for IAM tokens: leave out `secret`, " +
          "or turn off IAM authentication for this user at the proxy.",
      },
    });
    expect(stub.passwords).toEqual([]);
    const [response = Buffer.alloc(0)] = stub.responses;
    expect(response.includes(nativeProof("hunter2"))).toBe(true);
    expect(response.includes("orders\0")).toBe(true);
    expect(response.includes("hunter2")).toBe(false);
  });

  it("is in no copy of the connection's configuration", async () => {
    const stub = await startMysqlStub(ofLocalhost);
    const connection = connect(secretConfig(stub.port, [{ user: "orders", password: "hunter2" }]));
    onTestFinished(() => connection.destroy());
    await once(connection, "error");
    const copied = Object.values({ ...Object(connection).config });
    expect(copied).toContain("orders");
    expect(copied).not.toContain("hunter2");
  });

  it("logs in all connections of a pool, which share a configuration", async () => {
    const stub = await startMysqlStub(ofLocalhost);
    const config = secretConfig(stub.port, [{ user: "orders", password: "hunter2" }]);
    const pool = createDriverPool({ ...config, connectionLimit: 2 });
    onTestFinished(() => pool.end(() => undefined));
    for (const _login of [1, 2]) {
      const error = await new Promise((resolve) => pool.getConnection(resolve));
      expect(error).toMatchObject({ cause: { code: "RDS_PROXY_REFUSED" } });
    }
    expect(stub.responses.map((response) => response.includes("orders\0"))).toEqual([true, true]);
  });

  it("opens no socket if it cannot be read", async () => {
    const stub = await startMysqlStub(ofLocalhost);
    expect(await logIn(secretConfig(stub.port, []), connect)).toMatchObject({
      message: "the secret could not be read",
      cause: { message: "the secret was read too often" },
    });
    expect(stub.connects).toBe(0);
  });
});

/** What mysql_native_password sends: SHA1(password) XOR SHA1(scramble, SHA1(SHA1(password))). */
function nativeProof(password: string): Buffer {
  const sha1 = (...parts: (string | Buffer)[]): Buffer =>
    createHash("sha1")
      .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
      .digest();
  const proof = sha1(password);
  const key = sha1(SCRAMBLE, sha1(sha1(password)));
  return Buffer.from(proof.map((byte, index) => byte ^ (key[index] ?? 0)));
}

describe("the socket", () => {
  it.each([
    ["an endpoint that is dialled by its name", {}],
    ["an instance, whose roots have to be loaded", { host: INSTANCE }],
    ["a tunnel", { host: "localhost", signingHost: PROXY }],
    ["an address", { host: "127.0.0.1" }],
  ])("is one of ours for %s, so that nothing comes in before TLS", (_, options) => {
    expect(configOf(options)).toHaveProperty("stream");
  });

  it("is a new one for each connection, and set up as mysql2 sets up its own", async () => {
    const stub = await startMysqlStub(ofAddress);
    const noDelay = vi.spyOn(Socket.prototype, "setNoDelay");
    const keepAlive = vi.spyOn(Socket.prototype, "setKeepAlive");
    const options = resolved({ host: "127.0.0.1", port: stub.port, ssl: { ca: ofAddress.ca } });

    const config = createConnectionConfig(options, { keepAliveInitialDelay: 5000 })(async () => TOKEN);
    await logIn(config);
    await logIn(config);
    expect(stub.connects).toBe(2);
    expect(noDelay.mock.calls).toEqual([[true], [true]]);
    expect(keepAlive.mock.calls).toEqual([
      [true, 5000],
      [true, 5000],
    ]);

    keepAlive.mockClear();
    await logIn(createConnectionConfig(options, { enableKeepAlive: false })(async () => TOKEN));
    expect(keepAlive).not.toHaveBeenCalled();
  });
});
