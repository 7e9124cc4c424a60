import dns, { type LookupAddress } from "node:dns";
import { once } from "node:events";
import { createServer, isIP, type Socket } from "node:net";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { resolvedOptions } from "../testing/resolved-options.js";
import { createDialingSocket, type DialingSocket } from "./dialing-socket.js";

afterEach(() => {
  vi.restoreAllMocks();
});

interface Dialled {
  readonly socket: DialingSocket;
  /** The server's ends of the connections that it accepted. */
  readonly accepted: readonly Socket[];
}

/** Answers look-ups in place of the resolver. */
function replaceLookup(failure: Error | null, addresses: readonly LookupAddress[]): void {
  vi.spyOn(dns, "lookup").mockImplementation((...given: readonly unknown[]) => {
    const answer = given.at(-1) as (failure: Error | null, addresses: readonly LookupAddress[]) => void;
    answer(failure, addresses);
  });
}

/** A socket that is to dial a server on this machine by this host. */
async function setUp(host: string, prepare?: () => Promise<void>): Promise<Dialled> {
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    accepted.push(socket.on("error", () => undefined));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const region = isIP(host) || host === "localhost" ? "eu-west-1" : undefined;
  const { endpoint } = resolvedOptions({ host, port: address.port, region });
  const socket = createDialingSocket(endpoint, { prepare });
  onTestFinished(() => {
    socket.destroy();
    for (const one of accepted) one.destroy();
    server.close();
  });
  return { socket, accepted };
}

async function eventLoopTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("a dialing socket", () => {
  it("connects to its endpoint, whatever it is asked for", async () => {
    const { socket, accepted } = await setUp("127.0.0.1");
    expect(socket.phase).toBe("tcp");
    expect(Reflect.apply(socket.connect, socket, [1, "other.invalid"])).toBe(socket);
    await once(socket, "connect");
    expect(socket.phase).toBe("tls");
    await expect.poll(() => accepted).toHaveLength(1);
  });

  it("is resolving the name until it has an address", async () => {
    const { socket } = await setUp("localhost");
    replaceLookup(null, [{ address: "127.0.0.1", family: 4 }]);
    const phases: string[] = [socket.phase];
    socket.once("lookup", () => phases.push(socket.phase));
    socket.connect();
    await once(socket, "connect");
    expect([...phases, socket.phase]).toEqual(["name", "tcp", "tls"]);
  });

  it("ends while it is resolving a name that does not exist", async () => {
    const { socket } = await setUp("localhost");
    const failure = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
    replaceLookup(failure, []);
    const failed = once(socket, "error");
    socket.connect();
    expect(await failed).toEqual([failure]);
    expect(socket.phase).toBe("name");
  });
});

describe("a dialing socket that has to be prepared", () => {
  it("connects afterwards and not before", async () => {
    const prepared = Promise.withResolvers<void>();
    const { socket, accepted } = await setUp("127.0.0.1", () => prepared.promise);
    expect(socket.connect()).toBe(socket);
    await eventLoopTurns();
    expect([socket.phase, accepted]).toEqual(["tcp", []]);
    prepared.resolve();
    await once(socket, "connect");
    expect(socket.phase).toBe("tls");
  });

  it.each([
    [new Error("no bundle"), "no bundle"],
    ["no bundle", "no bundle"],
  ])("ends with the error of the preparation: %o", async (reason, message) => {
    const { socket, accepted } = await setUp("127.0.0.1", () => Promise.reject(reason));
    const failed = once(socket, "error");
    socket.connect();
    const [error] = await failed;
    expect(error).toBeInstanceOf(Error);
    expect(error).toHaveProperty("message", message);
    await eventLoopTurns();
    expect(accepted).toEqual([]);
  });

  it("does not connect if it was destroyed meanwhile", async () => {
    const prepared = Promise.withResolvers<void>();
    const { socket, accepted } = await setUp("127.0.0.1", () => prepared.promise);
    socket.connect();
    socket.destroy();
    prepared.resolve();
    await eventLoopTurns();
    expect([socket.connecting, socket.destroyed, accepted]).toEqual([false, true, []]);
  });
});
