import { once } from "node:events";
import { isIP, type Socket } from "node:net";
import { checkServerIdentity, connect, type TLSSocket } from "node:tls";
import { RdsProxyError } from "@rds-proxy/core";
import { createDialingSocket, Login, type ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import { ByteReader } from "../byte-reader.js";

/** NAT gateways and Network Load Balancers forget connections that were silent for 350 s. */
const KEEP_ALIVE_AFTER_MS = 60_000;

/** One connection to the endpoint. It is not encrypted until `secure()` has resolved. */
export class Upstream {
  readonly login: Login;
  readonly #options: ResolvedRdsProxyOptions;
  readonly #closed: () => Error;
  #socket: Socket | undefined;
  #secured: TLSSocket | undefined;
  #reader: ByteReader | undefined;

  /** @param closed the error for a server that closes the connection during the login */
  constructor(options: ResolvedRdsProxyOptions, closed: () => Error) {
    this.#options = options;
    this.#closed = closed;
    this.login = new Login(options);
  }

  /** The current socket, for `Login.within`. */
  readonly stream = (): Socket | undefined => this.#socket;

  get socket(): Socket {
    if (!this.#socket) throw new Error("the connection has not been opened");
    return this.#socket;
  }

  get reader(): ByteReader {
    if (!this.#reader) throw new Error("the connection has not been opened");
    return this.#reader;
  }

  /** @param host another address than the endpoint's, for a request that belongs to one connection */
  async dial(host: string = this.#options.endpoint.host): Promise<void> {
    await this.login.prepare();
    const socket = createDialingSocket({ ...this.#options.endpoint, host }, this.#options.tls);
    this.#follow(socket);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_AFTER_MS);
    socket.connect();
    await once(socket, "connect");
  }

  /** Does the TLS handshake, and verifies chain and name. */
  async secure(): Promise<void> {
    const { socket } = this;
    this.reader.release();
    if (socket.readableLength > 0) {
      throw new RdsProxyError(
        "RDS_PROXY_TLS",
        "The server sent more than its answer before TLS began, which no server does: something between this process and " +
          "the endpoint changes the data. Nothing was signed.",
      );
    }
    const { servername, versions } = this.#options.tls;
    const secureContext = this.#options.tls.secureContext();
    const secured = connect({
      socket,
      host: servername,
      // SNI is for names: RFC 6066 forbids addresses.
      ...(isIP(servername) ? {} : { servername }),
      ...versions,
      ...(secureContext ? { secureContext } : {}),
      // Always set, because NODE_TLS_REJECT_UNAUTHORIZED=0 changes the default.
      rejectUnauthorized: true,
      checkServerIdentity: (_host, certificate) => checkServerIdentity(servername, certificate),
    });
    this.#follow(secured);
    await once(secured, "secureConnect");
    this.#secured = secured;
  }

  /** The encrypted connection after the login, from which nothing but the login has been read. */
  handOver(): TLSSocket {
    if (this.#secured?.authorized !== true) throw new Error("the server is not verified");
    this.reader.release();
    return this.#secured;
  }

  /** Closes the socket at once; what waits for the server fails with `reason`. */
  destroy(reason?: Error): void {
    this.#socket?.destroy(reason);
  }

  #follow(socket: Socket): void {
    this.#socket = socket;
    // Never removed: an "error" event without a listener would end the process.
    socket.on("error", () => undefined);
    this.#reader = new ByteReader(socket, this.#closed);
  }
}
