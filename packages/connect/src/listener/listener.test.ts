import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { Protocol } from "../client/protocol.js";
import { Listener } from "./listener.js";

/** Clients authenticate by one byte, and then nothing answers them. */
const protocol: Protocol = {
  async logIn(client) {
    await client.reader.take(1);
    client.markAuthenticated();
    client.write(Buffer.from("!"));
    await client.reader.take(1);
    return undefined;
  },
  check: () => Promise.reject(new Error("not called")),
};

async function listen(unauthenticatedClients: number): Promise<{ dial(): Promise<Socket>; lines: string[] }> {
  const lines: string[] = [];
  const listener = new Listener(protocol, (line) => lines.push(line), unauthenticatedClients);
  const port = (await listener.listen({ host: "127.0.0.1", port: 0 })) ?? 0;
  onTestFinished(() => listener.close());
  return {
    lines,
    async dial() {
      const socket = connect(port, "127.0.0.1");
      onTestFinished(() => void socket.destroy());
      socket.on("error", () => undefined);
      await once(socket, "connect");
      return socket;
    },
  };
}

test("of clients without the password, the oldest is closed for a further one", async () => {
  const { dial, lines } = await listen(2);
  const rightful = await dial();
  rightful.write("p");
  await once(rightful, "data");
  const silent = await dial();
  const closed = once(silent, "close");
  for (let other = 0; other < 2; other += 1) {
    const socket = await dial();
    socket.resume();
  }
  await closed;
  expect(rightful.readyState).toBe("open");
  const late = await dial();
  late.write("p");
  expect(String((await once(late, "data"))[0])).toBe("!");
  expect(lines).toEqual(["A client was closed before its login: 2 newer ones have not logged in either."]);
});
