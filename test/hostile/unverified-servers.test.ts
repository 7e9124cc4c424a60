import type { Socket } from "node:net";
import { onRdsProxyEvent } from "@rds-proxy/core";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createCertificates, type TestCertificates } from "../../packages/core/src/testing/certificates.js";
import { type Client, clients } from "./clients.js";
import { mysqlProtocol, packet } from "./mysql-protocol.js";
import { int32, message } from "./postgres-protocol.js";
import {
  type Attacker,
  afterTlsRequest,
  mysqlOk,
  mysqlTokenRequest,
  startAttacker,
} from "./scripted-attacker.js";

let trusted: TestCertificates;
let ofStranger: TestCertificates;
let ofOtherName: TestCertificates;
beforeAll(async () => {
  [trusted, ofStranger] = await Promise.all([
    createCertificates("localhost"),
    createCertificates("localhost"),
  ]);
  ofOtherName = await createCertificates("elsewhere.example.com");
});

type Attack = Parameters<typeof startAttacker>[0];

/** Connects to an attacker; resolves with the error and the number of signed tokens. */
async function meet(client: Client, attack: Attack, ca: readonly string[] = [trusted.ca]) {
  const attacker: Attacker = await startAttacker(attack);
  let asked = 0;
  let signed = 0;
  onTestFinished(
    onRdsProxyEvent("sign", () => {
      signed++;
    }),
  );
  const outcome = await client
    .connect({
      host: "localhost",
      port: attacker.port,
      user: "app",
      database: "app",
      region: "eu-west-1",
      credentials: async () => {
        asked++;
        return { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" };
      },
      ssl: { ca },
      connectTimeoutMs: 1000,
      acquireTimeoutMs: 1500,
      retry: { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 1 },
    })
    .then(
      () => "connected",
      (error: unknown) => error,
    );
  expect(attacker.connects()).toBeGreaterThan(0);
  return { outcome, asked, signed, received: attacker.received().toString("latin1") };
}

async function expectNothing(client: Client, attack: Attack, ca?: readonly string[]): Promise<void> {
  const { outcome, ...seen } = await meet(client, attack, ca);
  expect(outcome).toBeInstanceOf(Error);
  expect(seen).toEqual({ asked: 0, signed: 0, received: "" });
}

const { opening: GREETING = Buffer.alloc(0), tlsRequestLength: MYSQL_TLS_REQUEST } = mysqlProtocol;
const PG_TLS_REQUEST = 8;
const PG_OK = message("R", int32(0));
const PG_READY = message("Z", "I");
const PG_TOKEN_REQUEST = message("R", int32(3));
const PG_MD5_REQUEST = message("R", Buffer.concat([int32(5), Buffer.from("salt")]));
const PG_SASL_REQUEST = message("R", Buffer.concat([int32(10), Buffer.from("SCRAM-SHA-256\0\0")]));
const PG_WELCOME = Buffer.concat([PG_OK, PG_READY]);

/** A verified server that answers every message alike. */
const answering =
  (words: Buffer): Attack =>
  (socket, startTls) =>
    afterTlsRequest(socket, PG_TLS_REQUEST, () => {
      socket.write("S");
      const secured = startTls(trusted);
      secured.on("data", () => secured.write(words));
    });

describe.each(clients.mysql)("$name", (client) => {
  test.each([
    ["a login in the piece of the greeting", mysqlOk(2)],
    ["a request for a token in the piece of the greeting", mysqlTokenRequest(2)],
    ["a request and a login in the piece of the greeting", Buffer.concat([mysqlTokenRequest(2), mysqlOk(3)])],
    ["an error in the piece of the greeting", packet(2, Buffer.from("\xff\x15\x04#28000no", "latin1"))],
  ])("ignores %s", async (_, words) => {
    await expectNothing(client, (socket) => socket.write(Buffer.concat([GREETING, words])));
  });

  test("ignores a login and a request for a token in clear text after the request for TLS", async () => {
    for (const words of [mysqlOk(2), mysqlTokenRequest(2)]) {
      await expectNothing(client, (socket) => {
        socket.write(GREETING);
        afterTlsRequest(socket, MYSQL_TLS_REQUEST, () => socket.write(words));
      });
    }
  });

  test("ignores the beginning of a message in clear text that the verified server completes", async () => {
    const cut = mysqlOk(2).length - 1;
    await expectNothing(client, (socket, startTls) => {
      socket.write(Buffer.concat([GREETING, mysqlOk(2).subarray(0, cut)]));
      afterTlsRequest(socket, MYSQL_TLS_REQUEST, () => {
        startTls(trusted).write(Buffer.from([0]));
      });
    });
  });

  test("sends a server without TLS nothing", async () => {
    const withoutTls = Buffer.from(GREETING);
    // The flag CLIENT_SSL, 0x0800, is in the second byte of the capabilities, which follow the version and 13 bytes.
    const at = withoutTls.indexOf(0, 5) + 1 + 13 + 1;
    withoutTls.writeUInt8(withoutTls.readUInt8(at) & ~0x08, at);
    await expectNothing(client, (socket) => socket.write(Buffer.concat([withoutTls, mysqlOk(2)])));
  });

  test("sends nothing to a server with an untrusted certificate or one for another name", async () => {
    for (const [certificates, ca] of [
      [ofStranger, [trusted.ca]],
      [ofOtherName, [trusted.ca, ofOtherName.ca]],
    ] as const) {
      await expectNothing(
        client,
        (socket, startTls) => {
          socket.write(GREETING);
          afterTlsRequest(socket, MYSQL_TLS_REQUEST, () => {
            startTls(certificates).write(Buffer.concat([mysqlTokenRequest(2), mysqlOk(4)]));
          });
        },
        ca,
      );
    }
  });

  test("signs one token for a verified server that asks again and again", async () => {
    const { outcome, asked, signed } = await meet(client, (socket, startTls) => {
      socket.write(GREETING);
      afterTlsRequest(socket, MYSQL_TLS_REQUEST, () => {
        const secured = startTls(trusted);
        secured.on("data", (chunk: Buffer) => secured.write(mysqlTokenRequest(chunk.readUInt8(3) + 1)));
      });
    });
    expect(outcome).toBeInstanceOf(Error);
    expect({ asked, signed }).toEqual({ asked: 1, signed: 1 });
    expect(causes(outcome)).toContainEqual(expect.stringContaining("second token in one login"));
  });

  test("signs at most one token for a verified server that asks twice in one chunk", async () => {
    const { outcome, signed } = await meet(client, (socket, startTls) => {
      socket.write(GREETING);
      afterTlsRequest(socket, MYSQL_TLS_REQUEST, () => {
        const secured = startTls(trusted);
        secured.once("data", () =>
          secured.write(Buffer.concat([mysqlTokenRequest(3), mysqlTokenRequest(4)])),
        );
      });
    });
    expect(outcome).toBeInstanceOf(Error);
    expect(signed).toBeLessThanOrEqual(1);
  });
});

describe.each(clients.postgres)("$name", (client) => {
  const clearText: readonly (readonly [string, (socket: Socket) => void])[] = [
    ["a login in place of the answer about TLS", (socket) => socket.write(PG_WELCOME)],
    ["a request for a token in place of it", (socket) => socket.write(PG_TOKEN_REQUEST)],
    ["a login in the piece of it", (socket) => socket.write(Buffer.concat([Buffer.from("S"), PG_WELCOME]))],
    [
      "a request for a token in the piece of it",
      (socket) => socket.write(Buffer.concat([Buffer.from("S"), PG_TOKEN_REQUEST])),
    ],
    [
      "a login after it",
      (socket) => {
        socket.write("S");
        afterTlsRequest(socket, 1, () => socket.write(PG_WELCOME));
      },
    ],
    [
      "a login after the refusal of TLS",
      (socket) => socket.write(Buffer.concat([Buffer.from("N"), PG_WELCOME])),
    ],
  ];

  test.each(clearText)("ignores %s", async (_, attack) => {
    await expectNothing(client, (socket) => afterTlsRequest(socket, PG_TLS_REQUEST, () => attack(socket)));
  });

  test("sends nothing to a server with an untrusted certificate or one for another name", async () => {
    for (const [certificates, ca] of [
      [ofStranger, [trusted.ca]],
      [ofOtherName, [trusted.ca, ofOtherName.ca]],
    ] as const) {
      await expectNothing(
        client,
        (socket, startTls) =>
          afterTlsRequest(socket, PG_TLS_REQUEST, () => {
            socket.write("S");
            startTls(certificates).write(Buffer.concat([PG_TOKEN_REQUEST, PG_WELCOME]));
          }),
        ca,
      );
    }
  });

  test("signs one token for a verified server that asks again and again", async () => {
    const { outcome, signed } = await meet(client, answering(PG_TOKEN_REQUEST));
    expect(outcome).toBeInstanceOf(Error);
    expect(signed).toBe(1);
  });

  test("signs at most one token for a verified server that asks twice in one chunk", async () => {
    const { outcome, signed } = await meet(
      client,
      answering(Buffer.concat([PG_TOKEN_REQUEST, PG_TOKEN_REQUEST])),
    );
    expect(outcome).toBeInstanceOf(Error);
    expect(signed).toBeLessThanOrEqual(1);
  });
});

// No option of node-postgres restricts the authentication methods.
describe.each(clients.postgres.filter(({ name }) => name !== "pg itself"))("$name", (client) => {
  test.each([
    ["MD5", PG_MD5_REQUEST],
    ["SCRAM", PG_SASL_REQUEST],
  ])("derives no proof from a token for a verified server that asks for %s", async (_, request) => {
    const { outcome, asked, signed } = await meet(client, answering(request));
    expect(causes(outcome)).toContainEqual(
      expect.stringContaining("Turn on IAM authentication for this user"),
    );
    expect({ asked, signed }).toEqual({ asked: 0, signed: 0 });
  });
});

/** The messages of an error and of what it wraps. */
function causes(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  return [error.message, ...causes(error.cause)];
}
