import { Socket } from "node:net";
import type { Endpoint } from "./endpoint.js";
import type { VerifiedTls } from "./tls.js";

/**
 * A socket that dials the endpoint's address, whatever a driver tells it to dial. Drivers verify the certificate
 * against the host that they think they dial, so they are told the verified name instead. It also waits for roots
 * that have to be loaded before the handshake begins.
 */
export class DiallingSocket extends Socket {
  readonly #endpoint: Endpoint;
  readonly #tls: VerifiedTls;

  constructor(endpoint: Endpoint, tls: VerifiedTls) {
    super();
    this.#endpoint = endpoint;
    this.#tls = tls;
  }

  override connect(): this {
    const { host, port } = this.#endpoint;
    if (!this.#tls.prepare) return super.connect(port, host);
    this.#tls.prepare().then(
      () => {
        if (!this.destroyed) super.connect(port, host);
      },
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    return this;
  }
}

/** Whether a driver can dial by itself: it would dial the verified name, and no roots have to be loaded. */
export function canDialByName(endpoint: Endpoint, tls: VerifiedTls): boolean {
  return endpoint.host === tls.servername && tls.prepare === undefined;
}
