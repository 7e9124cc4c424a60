import type { Socket } from "node:net";

/**
 * Passes bytes on, in both directions, until both connections are closed. A side that does not read slows the other one down.
 */
export async function relay(client: Socket, upstream: Socket): Promise<void> {
  const over = Promise.all([untilClosed(client), untilClosed(upstream)]);
  client.once("close", () => upstream.destroy());
  // What the server has sent still reaches the client.
  upstream.once("close", () => client.destroySoon());
  if (client.destroyed) upstream.destroy();
  if (upstream.destroyed) client.destroySoon();
  client.pipe(upstream);
  upstream.pipe(client);
  await over;
}

function untilClosed(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve();
  return new Promise((resolve) => void socket.once("close", () => resolve()));
}
