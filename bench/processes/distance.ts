import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** About what a round trip takes between a Lambda function and a proxy in the same region. */
const roundTripMs = 1;

/** Stands in front of a server on this computer, and makes its answers come as late as from another one. */
export class Distance {
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #leadsTo = 0;

  /** On a port of its own, that leads nowhere yet. */
  static async open(): Promise<Distance> {
    const distance = new Distance();
    distance.#listener.listen(0, "127.0.0.1");
    await once(distance.#listener, "listening");
    return distance;
  }

  private constructor() {
    this.#listener = createServer((client) => this.#pass(client));
  }

  get port(): number {
    const address = this.#listener.address();
    if (address === null || typeof address === "string") throw new Error("the distance has no port");
    return address.port;
  }

  leadTo(port: number): void {
    this.#leadsTo = port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
    await once(this.#listener, "close");
  }

  #pass(client: Socket): void {
    const server = connect(this.#leadsTo, "127.0.0.1");
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket.setNoDelay(true));
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on("data", (chunk: Buffer) => server.write(chunk));
    // Timers of the same length keep their order.
    server.on("data", (chunk: Buffer) => setTimeout(() => client.write(chunk), roundTripMs));
  }
}
