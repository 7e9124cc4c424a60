import { UpstreamConnection } from "../backend/upstream-connection.js";
import { universalCapabilities } from "../options/mysql-capabilities.js";
import type { Greeting } from "./greeting.js";
import { LoginPackets } from "./login-packets.js";
import { readGreeting } from "./upstream-login.js";

/** The part of a server's greeting that clients get, too. */
export type ServerTraits = Pick<Greeting, "serverVersion" | "capabilities" | "collation" | "status">;

const probeTimeoutMs = 1000;
const autocommit = 2;
const utf8mb4 = 45;

// For clients while the server is unreachable: they get the error after their token.
const fallbackTraits: ServerTraits = {
  serverVersion: "8.0.0",
  capabilities: universalCapabilities,
  collation: utf8mb4,
  status: autocommit,
};

/**
 * Reads the real server's greeting once, since clients need it before they log in. A failure is not cached: this client
 * gets traits that fit every server, and the next one reads again.
 */
export class UpstreamGreeting {
  readonly #host: string;
  readonly #port: number;
  #traits: Promise<ServerTraits> | undefined;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  async traits(): Promise<ServerTraits> {
    this.#traits ??= this.#probe();
    const traits = this.#traits;
    try {
      return await traits;
    } catch {
      if (this.#traits === traits) this.#traits = undefined;
      return fallbackTraits;
    }
  }

  async #probe(): Promise<ServerTraits> {
    const tooLong = AbortSignal.timeout(probeTimeoutMs);
    const upstream = await UpstreamConnection.dial(this.#host, this.#port, tooLong);
    const giveUp = (): void => void upstream.destroy();
    tooLong.addEventListener("abort", giveUp);
    try {
      return await readGreeting(new LoginPackets(upstream.reader));
    } finally {
      tooLong.removeEventListener("abort", giveUp);
      await upstream.destroy();
    }
  }
}
