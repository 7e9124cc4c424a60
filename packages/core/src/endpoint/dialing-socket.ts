import type { Socket } from "node:net";
import { builtinModule } from "../loading/builtin-module.js";
import type { Endpoint } from "./endpoint.js";
import type { VerifiedTls } from "./verified-tls.js";

/** A socket with its own address to connect to. */
export interface DialingSocket extends Socket {
  connect(): this;
}

/**
 * A socket that connects to the endpoint's address, whatever host the driver passes. Drivers verify the certificate against the
 * host in their options, so that host has to be the certificate's name. The socket also waits for `prepare` first.
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

/** Whether a driver can use a socket of its own: its host is the certificate's name, and nothing has to be loaded. */
export function canDialByName(endpoint: Endpoint, tls: VerifiedTls): boolean {
  return endpoint.host === tls.servername && tls.prepare === undefined;
}
