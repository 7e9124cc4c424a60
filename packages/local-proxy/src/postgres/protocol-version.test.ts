import { describe, expect, test } from "vitest";
import { errorFields, RawClient, rawMessage, startupMessage } from "../testing/raw-client.js";
import { startForTest } from "../testing/start-for-test.js";

const version = (minor: number): number => (3 << 16) + minor;

/** A NegotiateProtocolVersion: the version, the number of unknown options, their names. */
function negotiation(minor: number, ...options: string[]): Buffer {
  const numbers = Buffer.alloc(8);
  numbers.writeInt32BE(version(minor), 0);
  numbers.writeInt32BE(options.length, 4);
  return Buffer.concat([numbers, ...options.map((name) => Buffer.from(`${name}\0`))]);
}

async function logIn(
  newerProtocol: "negotiate" | "accept",
  minor: number,
  parameters: Record<string, string> = {},
): Promise<{ negotiated: Buffer | undefined; keyLength: number | undefined }> {
  const client = await RawClient.connect(await startForTest({ postgres: { newerProtocol } }));
  await client.startTls();
  const replies = await client.logIn(parameters, version(minor));
  client.send(rawMessage("Q", "select 1\0"));
  await client.nextMessage("D");
  client.destroy();
  const bodyOf = (type: string) => replies.find((reply) => reply.type === type)?.body;
  return { negotiated: bodyOf("v"), keyLength: bodyOf("K")?.length };
}

describe("a client asks for a newer protocol than 3.0", () => {
  // A BackendKeyData has the process's number and the key.
  const short = 8;
  const long = 36;

  test.each([1, 2, 9999])("3.%i is refused by default, as RDS Proxy documents", async (minor) => {
    const client = await RawClient.connect(await startForTest());
    await client.startTls();
    client.send(startupMessage({ user: "anyone" }, version(minor)));
    expect(errorFields(await client.nextMessage())).toEqual({
      severity: "FATAL",
      code: "0A000",
      message:
        "Feature not supported: RDS Proxy supports only version 3.0 of the PostgreSQL messaging protocol.",
    });
  });

  test('"negotiate" asks for 3.0', async () => {
    expect(await logIn("negotiate", 0)).toEqual({ negotiated: undefined, keyLength: short });
    expect(await logIn("negotiate", 2)).toEqual({ negotiated: negotiation(0), keyLength: short });
    const options = { "_pq_.one": "1", "_pq_.two": "2" };
    expect(await logIn("negotiate", 0, options)).toEqual({
      negotiated: negotiation(0, "_pq_.one", "_pq_.two"),
      keyLength: short,
    });
  });

  test('"accept" gives 3.2 and a long cancel key, and asks for 3.2 instead of more', async () => {
    expect(await logIn("accept", 0)).toEqual({ negotiated: undefined, keyLength: short });
    expect(await logIn("accept", 1)).toEqual({ negotiated: undefined, keyLength: short });
    expect(await logIn("accept", 2)).toEqual({ negotiated: undefined, keyLength: long });
    expect(await logIn("accept", 9999, { "_pq_.one": "1" })).toEqual({
      negotiated: negotiation(2, "_pq_.one"),
      keyLength: long,
    });
  });

  test("another major version is refused in any case", async () => {
    const client = await RawClient.connect(await startForTest({ postgres: { newerProtocol: "accept" } }));
    await client.startTls();
    client.send(Buffer.from([0, 0, 0, 9, 0, 4, 0, 0, 0]));
    expect(errorFields(await client.nextMessage()).code).toBe("0A000");
  });

  test("a cancel request with a long key is ignored", async () => {
    const client = await RawClient.connect(await startForTest({ postgres: { newerProtocol: "accept" } }));
    await client.startTls();
    const request = Buffer.concat([Buffer.from([0, 0, 0, 44, 0x04, 0xd2, 0x16, 0x2e]), Buffer.alloc(36, 1)]);
    client.send(request);
    expect((await client.ending()).rest).toHaveLength(0);
  });
});

describe("a client begins with its TLS handshake", () => {
  test("it logs in if the proxy allows it, and if the handshake names the protocol", async () => {
    const proxy = await startForTest({ postgres: { directTls: true } });
    const client = await RawClient.connect(proxy);
    await client.startTlsDirectly(["other", "postgresql"]);
    expect((await client.logIn()).at(-1)?.type).toBe("Z");
    client.destroy();

    const usual = await RawClient.logIn(proxy);
    usual.destroy();
  });

  test.each([[[]], [["other"]]])("it is disconnected after a handshake with %j", async (protocols) => {
    const client = await RawClient.connect(await startForTest({ postgres: { directTls: true } }));
    await client.startTlsDirectly(protocols).catch(() => undefined);
    expect((await client.ending()).rest).toHaveLength(0);
  });

  test("by default it is refused, as by PostgreSQL before 17", async () => {
    const client = await RawClient.connect(await startForTest());
    // The beginning of a ClientHello.
    client.send(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01]));
    expect(errorFields(await client.nextMessage())).toEqual({
      severity: "FATAL",
      code: "08P01",
      message: "invalid length of startup packet",
    });
  });
});
