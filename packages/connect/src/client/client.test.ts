import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { Client } from "./client.js";

test.each([
  { bytes: "", message: "A client sent nothing in 0.001 s, and was closed." },
  { bytes: "a", message: "A client did not complete its login in 0.001 s, and was closed." },
])("a client that sent $bytes.length bytes has one limit for its whole login", async ({ bytes, message }) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const other = connect(address.port, "127.0.0.1");
  const [socket] = (await once(server, "connection")) as [Socket];
  onTestFinished(() => {
    other.destroy();
    socket.destroy();
    server.close();
  });
  const client = new Client(socket, () => undefined, 1);
  other.write(bytes);
  expect(String(await client.reader.take(bytes.length))).toBe(bytes);
  client.expectLogin();
  await expect(client.reader.take(1)).rejects.toThrow(message);
});
