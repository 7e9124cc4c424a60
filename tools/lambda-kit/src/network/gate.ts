import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { Readable } from "node:stream";

/** How a connection through the gate ends: by a FIN, by an RST, or in silence, open but without any further packet. */
export type CutManner = "fin" | "rst" | "silence";

interface Passage {
  readonly client: Socket;
  readonly server: Socket;
  /** The server's bytes as the client gets them. */
  readonly answers: Readable;
}

/** Transforms a server's bytes on their way to the client. */
export type AnswersWay = (server: Socket) => Readable;

/**
 * A TCP relay in front of a server. It cuts connections at any stage, holds the server's answers back, and can refuse
 * connections for a while, which looks like a proxy's restart.
 */
export class Gate {
  readonly #listener = createServer({ allowHalfOpen: true }, (client) => this.#pass(client));
  readonly #clients = new Set<Socket>();
  readonly #passages = new Set<Passage>();
  readonly #answersWay: AnswersWay;
  #port = 0;
  #leadsTo = 0;
  #isHolding = false;

  /** A gate on a free port, without a server yet. The server's bytes pass unchanged by default. */
  static async open(answersWay: AnswersWay = (server) => server): Promise<Gate> {
    const gate = new Gate(answersWay);
    await gate.#listen();
    return gate;
  }

  private constructor(answersWay: AnswersWay) {
    this.#answersWay = answersWay;
  }

  get port(): number {
    return this.#port;
  }

  leadTo(port: number): void {
    this.#leadsTo = port;
  }

  /** Holds the server's bytes back on new connections until `release()`. */
  hold(): void {
    this.#isHolding = true;
  }

  release(): void {
    if (!this.#isHolding) return;
    this.#isHolding = false;
    for (const { client, answers } of this.#passages) answers.pipe(client);
  }

  /** Ends every connection and returns their number. The server sees its clients disconnect. */
  cut(manner: CutManner): number {
    const passages = [...this.#passages];
    for (const { client, server, answers } of passages) {
      answers.unpipe(client);
      client.unpipe(server).resume();
      server.destroy();
      if (manner === "fin") client.end();
      if (manner === "rst") client.resetAndDestroy();
    }
    this.#passages.clear();
    return passages.length;
  }

  /** Resets every connection and refuses new ones until `comeBack()`. */
  async goAway(): Promise<void> {
    const closed = once(this.#listener, "close");
    this.#listener.close();
    this.cut("rst");
    for (const client of this.#clients) client.destroy();
    await closed;
  }

  async comeBack(): Promise<void> {
    await this.#listen();
  }

  async close(): Promise<void> {
    if (this.#listener.listening) await this.goAway();
  }

  async #listen(): Promise<void> {
    this.#listener.listen(this.#port, "127.0.0.1");
    await once(this.#listener, "listening");
    const address = this.#listener.address();
    if (address === null || typeof address === "string") throw new Error("the gate has no port");
    this.#port = address.port;
  }

  #pass(client: Socket): void {
    const server = connect({ port: this.#leadsTo, host: "127.0.0.1", allowHalfOpen: true });
    const answers = this.#answersWay(server);
    const passage = { client, server, answers };
    this.#clients.add(client);
    this.#passages.add(passage);
    client.on("close", () => {
      this.#clients.delete(client);
      this.#passages.delete(passage);
      server.destroy();
    });
    client.on("error", () => server.destroy());
    // A reset passes as a reset.
    server.on("error", () => this.#passages.has(passage) && client.resetAndDestroy());
    client.setNoDelay(true).pipe(server.setNoDelay(true));
    if (!this.#isHolding) answers.pipe(client);
  }
}
