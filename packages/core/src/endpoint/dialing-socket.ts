import type { Socket } from "node:net";
import { builtinModule } from "../loading/builtin-module.js";
import type { Endpoint } from "./endpoint.js";
import type { VerifiedTls } from "./verified-tls.js";

/** A socket that knows by itself whom to dial. */
export interface DialingSocket extends Socket {
  connect(): this;
}

/**
 * A socket that dials the endpoint's address, whatever a driver tells it to dial. Drivers verify the certificate
 * against the host that they think they dial, so they are told the verified name instead. It also waits for roots
 * that have to be loaded before the handshake begins, or for whatever else `prepare` has to get.
 */
export function createDialingSocket(
  { host, port }: Endpoint,
  { prepare }: Pick<VerifiedTls, "prepare">,
): DialingSocket {
  const { Socket } = builtinModule("node:net");
  return new (class extends Socket implements DialingSocket {
    override connect(): this {
      if (!prepare) return super.connect(port, host);
      prepare().then(
        () => {
          if (!this.destroyed) super.connect(port, host);
        },
        (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
      );
      return this;
    }
  })();
}

/** Whether a driver can dial by itself: it would dial the verified name, and no roots have to be loaded. */
export function canDialByName(endpoint: Endpoint, tls: VerifiedTls): boolean {
  return endpoint.host === tls.servername && tls.prepare === undefined;
}
