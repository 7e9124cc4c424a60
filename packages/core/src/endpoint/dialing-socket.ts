import type { Socket } from "node:net";
import { builtinModule } from "../loading/builtin-module.js";
import type { Endpoint } from "./endpoint.js";
import { lookUp } from "./look-up.js";
import type { VerifiedTls } from "./verified-tls.js";

/** A socket with its own address to connect to. */
export interface DialingSocket extends Socket {
  connect(): this;
  /** What it did last: resolved the name, connected, or left the connection to TLS. */
  readonly phase: "name" | "tcp" | "tls";
}

/**
 * A socket that connects to the endpoint's address, whatever host the driver passes. Drivers verify the certificate against the
 * host in their options, so that host has to be the certificate's name. The socket also waits for `prepare` first.
 */
export function createDialingSocket(
  { host, port }: Endpoint,
  { prepare }: Pick<VerifiedTls, "prepare">,
): DialingSocket {
  const { Socket, isIP } = builtinModule("node:net");
  return new (class extends Socket implements DialingSocket {
    phase: DialingSocket["phase"] = isIP(host) ? "tcp" : "name";

    override connect(): this {
      this.once("connect", () => {
        this.phase = "tls";
      });
      if (!prepare) return this.#dial();
      prepare().then(
        () => {
          if (!this.destroyed) this.#dial();
        },
        (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
      );
      return this;
    }

    #dial(): this {
      return super.connect({
        host,
        port,
        lookup: (name, options, callback) =>
          lookUp(name, options, (error, ...found) => {
            if (!error) this.phase = "tcp";
            callback(error, ...found);
          }),
      });
    }
  })();
}
