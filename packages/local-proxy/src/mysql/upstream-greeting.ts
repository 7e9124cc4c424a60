import { UpstreamConnection } from "../backend/upstream-connection.js";
import { universalCapabilities } from "../options/mysql-capabilities.js";
import type { Greeting } from "./greeting.js";
import { LoginPackets } from "./login-packets.js";
import { readGreeting } from "./upstream-login.js";

/** What of a server's greeting its clients have to be told. */
export type ServerTraits = Pick<Greeting, "serverVersion" | "capabilities" | "collation" | "status">;

const probeTimeoutMs = 1000;
const autocommit = 2;
const utf8mb4 = 45;

// While the server cannot be asked, clients get as far as their token, and then hear what is wrong.
const traitsOfUnknown: ServerTraits = {
  serverVersion: "8.0.0",
  capabilities: universalCapabilities,
  collation: utf8mb4,
  status: autocommit,
};

/**
 * Asks the real server once what it is, since its clients must know before they log in. A failure is not kept: the next
 * client asks again, and this one gets what is true of every server.
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
    const asked = this.#traits;
    try {
      return await asked;
    } catch {
      if (this.#traits === asked) this.#traits = undefined;
      return traitsOfUnknown;
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
