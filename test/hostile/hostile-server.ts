import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import type { TestCertificates } from "../../packages/core/src/testing/certificates.js";
import type { Protocol, ServerSocket, Stage } from "./protocol.js";

/** What a server sends in place of the correct message at one stage. After that it sends nothing. */
export type Attack = (socket: ServerSocket, honest: Buffer) => void;

/** A hostile server whose certificate its clients trust. */
export interface HostileServer {
  readonly port: number;
  /** Sets the attack and its stage; without one the server behaves correctly. */
  plan: { readonly stage: Stage; readonly attack: Attack } | undefined;
  /** Resets every connection. */
  dropAll(): void;
  close(): Promise<void>;
}

export async function startHostileServer(
  protocol: Protocol,
  { cert, key }: TestCertificates,
): Promise<HostileServer> {
  const secureContext = createSecureContext({ cert, key });
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    serve(socket);
  });

  /** Sends the message or the attack; returns whether the conversation continues. */
  const say = (socket: ServerSocket, stage: Stage, honest: Buffer): boolean => {
    if (server.plan?.stage === stage) {
      server.plan.attack(socket, honest);
      return false;
    }
    socket.write(honest);
    return true;
  };

  const serve = (socket: Socket): void => {
    if (protocol.opening && !say(socket, "greeting", protocol.opening)) return;
    socket.on("readable", function startTls() {
      if (socket.read(protocol.tlsRequestLength) === null) return;
      socket.off("readable", startTls);
      if (protocol.tlsReply && !say(socket, "greeting", protocol.tlsReply)) return;
      const secured = new TLSSocket(socket, { isServer: true, secureContext });
      secured.on("error", () => undefined);
      let isLoggedIn = false;
      // Messages this short arrive in one chunk each.
      secured.on("data", function converse(chunk: Buffer) {
        const answer = protocol.answer(chunk, isLoggedIn);
        if (!answer) return;
        if (answer.stage === "welcome") isLoggedIn = true;
        if (!say(secured, answer.stage, answer.bytes)) secured.off("data", converse).resume();
      });
    });
  };

  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const server: HostileServer = {
    port: address.port,
    plan: undefined,
    dropAll() {
      for (const socket of sockets) socket.resetAndDestroy();
      sockets.clear();
    },
    async close() {
      const closed = once(listener, "close");
      listener.close();
      server.dropAll();
      await closed;
    },
  };
  return server;
}
