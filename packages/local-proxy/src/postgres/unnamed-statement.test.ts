import { expect, test } from "vitest";
import type { LocalProxy, LocalProxyOptions } from "../index.js";
import { eventually } from "../testing/eventually.js";
import { errorFields, RawClient, rawMessage } from "../testing/raw-client.js";
import { startForTest } from "../testing/start-for-test.js";

const query = (text: string): Buffer => rawMessage("Q", `${text}\0`);
const parse = (text: string): Buffer => rawMessage("P", `\0${text}\0\0\0`);
const bind = rawMessage("B", Buffer.alloc(8));
const describe = rawMessage("D", "S\0");
const execute = rawMessage("E", Buffer.alloc(5));
const close = rawMessage("C", "S\0");
const sync = rawMessage("S");
const types = (messages: readonly { type: string }[]): string => messages.map(({ type }) => type).join("");

/** The first row of a reply, or the code of its error. */
async function outcome(client: RawClient): Promise<string | undefined> {
  const messages = await client.messagesUntil("Z");
  const error = messages.find(({ type }) => type === "E");
  if (error !== undefined) return errorFields(error).code;
  return messages
    .find(({ type }) => type === "D")
    ?.body.subarray(6)
    .toString();
}

/** Two clients of one database connection. */
async function twoClients(
  options: Partial<LocalProxyOptions> = {},
): Promise<[LocalProxy, RawClient, RawClient]> {
  const proxy = await startForTest({ maxConnections: 1, ...options });
  return [proxy, await RawClient.logIn(proxy), await RawClient.logIn(proxy)];
}

async function useBetween(other: RawClient): Promise<void> {
  other.send(parse("select 'secret of the other'"), bind, execute, sync);
  expect(await outcome(other)).toBe("secret of the other");
}

test("an unnamed statement runs after its Sync, though another client has prepared its own meanwhile", async () => {
  const [proxy, client, other] = await twoClients();
  client.send(parse("select 'of the client'"), describe, sync);
  await client.messagesUntil("Z");
  await useBetween(other);
  client.send(bind, execute, sync);
  expect(types(await client.messagesUntil("Z"))).toBe("2DCZ");
  await useBetween(other);
  client.send(describe, bind, execute, sync, bind, execute, sync);
  expect(types(await client.messagesUntil("Z"))).toBe("tT2DCZ");
  expect(await outcome(client)).toBe("of the client");
  expect(proxy.pins()).toEqual([]);
  client.destroy();
  other.destroy();
});

test.each([
  ["it never prepared", []],
  ["a query has ended", [parse("select 1"), sync, query("select 1")]],
  ["it has closed", [parse("select 1"), sync, close, sync]],
  ["failed to be prepared", [parse("select nonsense("), sync]],
])("a client cannot run an unnamed statement that %s, nor another client's", async (_, before) => {
  const [, client, other] = await twoClients();
  for (const message of before) client.send(message);
  const answers = before.filter(({ 0: type }) => type === 0x53 || type === 0x51).length;
  for (let answer = 0; answer < answers; answer += 1) await client.messagesUntil("Z");
  await useBetween(other);
  client.send(bind, execute, sync);
  expect(await outcome(client)).toBe("26000");
  client.destroy();
  other.destroy();
});

test("an unnamed statement that cannot be prepared again is refused with the server's error", async () => {
  const [, client, other] = await twoClients();
  client.send(query("create table unnamed_gone (id int)"));
  await client.messagesUntil("Z");
  client.send(parse("select * from unnamed_gone"), sync);
  await client.messagesUntil("Z");
  other.send(query("drop table unnamed_gone"));
  await other.messagesUntil("Z");
  client.send(bind, execute, sync);
  expect(await outcome(client)).toBe("42P01");
  client.send(query("select 'in step'"));
  expect(await outcome(client)).toBe("in step");
  client.destroy();
  other.destroy();
});

test("the failure of a later request leaves the unnamed statement", async () => {
  const [, client, other] = await twoClients();
  client.send(parse("select 'kept'"), sync, rawMessage("P", "\0select (\0\0\0"), sync);
  await client.messagesUntil("Z");
  await client.messagesUntil("Z");
  await useBetween(other);
  client.send(bind, execute, sync);
  // A Parse that fails ends the unnamed statement before it, as with the server itself.
  expect(await outcome(client)).toBe("26000");

  client.send(parse("select 'kept'"), sync, rawMessage("E", "no portal\0\0\0\0\0"), sync);
  await client.messagesUntil("Z");
  await client.messagesUntil("Z");
  await useBetween(other);
  client.send(bind, execute, sync);
  expect(await outcome(client)).toBe("kept");
  client.destroy();
  other.destroy();
});

test("the proxy's own statement between two requests does not end it", async () => {
  const [proxy, client] = await twoClients({ multiplexing: false, maxConnections: 2 });
  client.send(parse("select 'kept'"), sync);
  await client.messagesUntil("Z");
  proxy.faults.setReadOnly(true);
  client.send(bind, execute, sync);
  expect(await outcome(client)).toBe("kept");
  client.destroy();
});

test('with unnamedStatement "pin" it pins, and "refuse" forgets it at its Sync', async () => {
  const [pinning, pinned, other] = await twoClients({ unnamedStatement: "pin", maxConnections: 2 });
  pinned.send(parse("select 'of the client'"), bind, execute, sync, parse("select 'of the client'"), sync);
  await pinned.messagesUntil("Z");
  await pinned.messagesUntil("Z");
  expect(pinning.pins()).toEqual([]);
  await useBetween(other);
  pinned.send(bind, execute, sync);
  expect(await outcome(pinned)).toBe("of the client");
  expect(pinning.pins().map(({ rule }) => rule)).toEqual(["unnamed-statement"]);
  pinned.destroy();
  other.destroy();

  const [refusing, refused] = await twoClients({ unnamedStatement: "refuse" });
  refused.send(parse("select 'gone'"), sync);
  await refused.messagesUntil("Z");
  await eventually(() => refusing.metrics().DatabaseConnectionsCurrentlyBorrowed === 0);
  refused.send(bind, execute, sync);
  expect(await outcome(refused)).toBe("26000");
  refused.destroy();
});
