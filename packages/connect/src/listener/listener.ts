import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { Client, Refusal } from "../client/client.js";
import { LoginTurns } from "../client/login-turns.js";
import type { LoggedIn, Protocol } from "../client/protocol.js";
import { relay } from "./relay.js";
import { Reports } from "./reports.js";

/** Connections to the endpoint that are opened at the same time. Other clients wait. */
const CONCURRENT_LOGINS = 100;

/** Clients that have not given the password yet. A further one closes the oldest: so silent ones do not keep others out. */
const UNAUTHENTICATED_CLIENTS = 1000;

/** How long a connection may take to close. */
const CLOSE_TIMEOUT_MS = 2000;

/** Where the listener listens. */
export type ListenAddress =
  | { readonly host: string; readonly port: number }
  /** A Unix socket. */
  | { readonly path: string };

/** Accepts clients, and relays each to a connection of its own. */
export class Listener {
  readonly #server: Server;
  readonly #protocol: Protocol;
  readonly #reports: Reports;
  readonly #unauthenticatedClients: number;
  readonly #clients = new Set<Socket>();
  /** The server's side of each session. */
  readonly #upstreams = new Set<Socket>();
  /** The clients whose login has ended. */
  readonly #inSession = new WeakSet<Socket>();
  /** In the order in which they came; also those that were refused, until their connections have closed. */
  readonly #unauthenticated = new Set<Client>();
  readonly #turns: LoginTurns;
  #isClosing = false;

  /**
   * @param report gets a line for each client that could not be let in
   * @param unauthenticatedClients the most clients that have not given the password yet
   */
  constructor(
    protocol: Protocol,
    report: (line: string) => void,
    unauthenticatedClients: number = UNAUTHENTICATED_CLIENTS,
  ) {
    this.#protocol = protocol;
    this.#reports = new Reports(report);
    this.#turns = new LoginTurns(CONCURRENT_LOGINS);
    this.#unauthenticatedClients = unauthenticatedClients;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  /** @returns the TCP port; undefined for a Unix socket */
  async listen(address: ListenAddress): Promise<number | undefined> {
    if ("path" in address) {
      // The file is created by listen() itself, so that it never has other rights.
      const previous = process.umask(0o177);
      try {
        this.#server.listen(address);
      } finally {
        process.umask(previous);
      }
    } else {
      this.#server.listen({ ...address, exclusive: true });
    }
    await once(this.#server, "listening");
    const bound = this.#server.address();
    return typeof bound === "object" && bound !== null ? bound.port : undefined;
  }

  /** Ends all sessions, and removes the Unix socket. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const closed = once(this.#server, "close");
    this.#server.close();
    // A session's client is closed when the server has closed its side, so that nothing that was sent is lost.
    const all = [...this.#clients, ...this.#upstreams];
    for (const upstream of this.#upstreams) upstream.end();
    for (const client of this.#clients) if (!this.#inSession.has(client)) client.destroy();
    const timer = setTimeout(() => {
      for (const socket of all) socket.destroy();
    }, CLOSE_TIMEOUT_MS);
    await closed;
    clearTimeout(timer);
    this.#reports.flush();
  }

  #accept(socket: Socket): void {
    this.#clients.add(socket);
    socket.once("close", () => this.#clients.delete(socket));
    // An "error" event without a listener would end the process; "close" follows.
    socket.on("error", () => undefined);
    if (this.#isClosing) {
      socket.destroy();
      return;
    }
    const client: Client = new Client(socket, () => this.#unauthenticated.delete(client));
    this.#unauthenticated.add(client);
    socket.once("close", () => this.#unauthenticated.delete(client));
    this.#closeOldest();
    void this.#serve(client);
  }

  #closeOldest(): void {
    for (const client of this.#unauthenticated) {
      if (this.#unauthenticated.size <= this.#unauthenticatedClients) return;
      this.#unauthenticated.delete(client);
      // One that was refused has its line.
      if (!client.socket.writableEnded) {
        this.#reports.add(
          `A client was closed before its login: ${this.#unauthenticatedClients} newer ones have not logged in either.`,
        );
      }
      client.socket.destroy();
    }
  }

  async #serve(client: Client): Promise<void> {
    const session = await this.#logIn(client);
    if (session) await this.#relay(client, session);
  }

  async #logIn(client: Client): Promise<LoggedIn | undefined> {
    try {
      const session = await this.#protocol.logIn(client, this.#turns);
      if (!session) closeAfter(client, Buffer.alloc(0));
      return session;
    } catch (error) {
      // Such as a reset of the client's own, which is no news.
      if (!client.isGone && !this.#isClosing)
        this.#reports.add(error instanceof Error ? error.message : String(error));
      closeAfter(client, error instanceof Refusal ? error.reply : Buffer.alloc(0));
      return undefined;
    }
  }

  async #relay(client: Client, { upstream, ended }: LoggedIn): Promise<void> {
    const socket = client.handOver();
    this.#upstreams.add(upstream);
    this.#inSession.add(socket);
    if (this.#isClosing) upstream.destroy();
    await relay(socket, upstream);
    this.#upstreams.delete(upstream);
    ended?.();
  }
}

/** Sends the reply, then closes. What the client sends meanwhile is read, since a reset would take the reply away. */
function closeAfter(client: Client, reply: Buffer): void {
  const socket = client.handOver();
  const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS);
  socket.once("close", () => clearTimeout(timer));
  socket.once("end", () => socket.destroySoon());
  socket.end(reply);
  socket.resume();
}
