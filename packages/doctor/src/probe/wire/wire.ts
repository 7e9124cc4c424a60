import { once } from "node:events";
import { isIP, type Socket } from "node:net";
import { checkServerIdentity, connect, type TLSSocket } from "node:tls";
import {
  atMost,
  createDialingSocket,
  type Deadline,
  type ResolvedRdsProxyOptions,
  within,
} from "@rds-proxy/core/adapter";

/** Longer than a server takes for any statement of the probe, unless the statement waits for a lock. */
const ANSWER_TIMEOUT_MS = 10_000;

const CLOSE_TIMEOUT_MS = 1000;

/** A failure whose message names no host, user or address. */
export class ProbeError extends Error {
  override readonly name = "ProbeError";
}

/** How a TLS handshake differs from the usual one. */
export interface Handshake {
  /** Whether to send the host's name (SNI). */
  readonly namesHost?: boolean;
  /** The application protocol (ALPN) to ask for. */
  readonly alpn?: string;
}

/** One connection to the endpoint: TCP, then TLS. Reads exact numbers of bytes, one call at a time. */
export class Wire {
  readonly #options: ResolvedRdsProxyOptions;
  readonly #deadline: Deadline;
  #socket: Socket | TLSSocket;
  #received: Buffer = Buffer.alloc(0);
  #failure: Error | undefined;
  #changed = Promise.withResolvers<void>();

  /**
   * Begins to connect.
   *
   * @param whenClosed called once, when the connection is closed for whatever reason
   */
  constructor(options: ResolvedRdsProxyOptions, deadline: Deadline, whenClosed: () => void) {
    this.#options = options;
    this.#deadline = deadline;
    const socket = createDialingSocket(options.endpoint, options.tls);
    socket.setNoDelay(true);
    this.#socket = socket;
    this.#follow(socket);
    socket.once("close", whenClosed);
    socket.connect();
  }

  /** The current socket, for `Login.within`. */
  readonly stream = (): Socket => this.#socket;

  async connected(): Promise<void> {
    await once(this.#socket, "connect");
  }

  /** Does the TLS handshake, and verifies chain and name. Returns the agreed application protocol. */
  async secure({ namesHost = true, alpn }: Handshake = {}): Promise<string | undefined> {
    if (this.#received.length > 0)
      throw new ProbeError("the server sent more than its answer before TLS began");
    const plain = this.#socket;
    plain.off("data", this.#onData);
    plain.pause();
    const { servername, versions } = this.#options.tls;
    const secureContext = this.#options.tls.secureContext();
    const secured = connect({
      socket: plain,
      host: servername,
      // SNI is for names: RFC 6066 forbids addresses.
      ...(isIP(servername) || !namesHost ? {} : { servername }),
      ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
      ...versions,
      ...(secureContext ? { secureContext } : {}),
      // Always set, because NODE_TLS_REJECT_UNAUTHORIZED=0 changes the default.
      rejectUnauthorized: true,
      checkServerIdentity: (_host, certificate) => checkServerIdentity(servername, certificate),
    });
    this.#follow(secured);
    this.#socket = secured;
    await once(secured, "secureConnect");
    return secured.alpnProtocol || undefined;
  }

  /** Rejects if the connection ends before, or nothing comes in time. */
  async read(length: number): Promise<Buffer> {
    while (this.#received.length < length) {
      if (this.#failure) throw this.#failure;
      const deadline = atMost(ANSWER_TIMEOUT_MS, this.#deadline, this.#options.runtime.clock);
      await within(this.#changed.promise, deadline, () => {
        this.destroy();
        return new ProbeError("the server did not answer in time");
      });
    }
    const bytes = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return bytes;
  }

  write(bytes: Buffer): void {
    if (this.#failure) throw this.#failure;
    this.#socket.write(bytes);
  }

  /** Sends the last bytes, and waits for the server to close, so that it does not count the connection any more. */
  end(bytes: Buffer): void {
    const socket = this.#socket;
    if (this.#failure || socket.destroyed) {
      this.destroy();
      return;
    }
    const cancel = atMost(CLOSE_TIMEOUT_MS, this.#deadline, this.#options.runtime.clock).whenPassed(() =>
      this.destroy(),
    );
    socket.once("close", cancel);
    socket.end(bytes);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #follow(socket: Socket): void {
    // Never removed: an "error" event without a listener would end the process.
    socket.on("error", (error: Error) => this.#fail(error));
    socket.on("end", () => this.#fail(new ProbeError("the server closed the connection")));
    socket.on("close", () => this.#fail(new ProbeError("the connection was closed")));
    socket.on("data", this.#onData);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    this.#wake();
  };

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
