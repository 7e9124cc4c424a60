import { randomBytes, randomInt } from "node:crypto";
import type { ResolvedOptions } from "../options/options.js";
import { encodeMessage, int32, protocolVersion } from "./messages.js";
import { protocolUnsupported } from "./refusals.js";

/** What a client and the proxy agree on. */
export interface AgreedProtocol {
  /** The version, as a startup message encodes it. */
  readonly version: number;
  /** The NegotiateProtocolVersion that the client gets ahead of everything else, if it asked for more. */
  readonly negotiation: Buffer | undefined;
}

const newestVersions: Readonly<Record<ResolvedOptions["postgres"]["newerProtocol"], number>> = {
  refuse: protocolVersion,
  negotiate: protocolVersion,
  // Source: "Protocol Versions" in the documentation of PostgreSQL 18. 3.1 has no changes.
  accept: protocolVersion + 2,
};

/** In a startup message, a parameter whose name begins with this is an option of the protocol. */
const optionPrefix = "_pq_.";

/** Whether the parameter is an option of the protocol, which PostgreSQL has none of. */
export function isProtocolOption(parameter: string): boolean {
  return parameter.startsWith(optionPrefix);
}

/** Decides which version is spoken. Throws the refusal for a version that is not supported. */
export function agreeOnProtocol(
  version: number,
  parameters: Iterable<string>,
  newerProtocol: ResolvedOptions["postgres"]["newerProtocol"],
): AgreedProtocol {
  const isMajor3 = version >> 16 === protocolVersion >> 16;
  if (!isMajor3 || (newerProtocol === "refuse" && version !== protocolVersion)) throw protocolUnsupported();
  const agreed = Math.min(version, newestVersions[newerProtocol]);
  const unknownOptions = [...parameters].filter(isProtocolOption);
  if (agreed === version && unknownOptions.length === 0) return { version: agreed, negotiation: undefined };
  const names = unknownOptions.map((name) => `${name}\0`);
  return {
    version: agreed,
    negotiation: encodeMessage("v", int32(agreed), int32(unknownOptions.length), ...names),
  };
}

/** A BackendKeyData with a random key, since RDS Proxy ignores cancel requests. Since 3.2 the key is longer. */
export function encodeBackendKey(version: number): Buffer {
  const key = version >= newestVersions.accept ? randomBytes(32) : int32(randomInt(2 ** 31));
  return encodeMessage("K", int32(randomInt(1, 2 ** 31)), key);
}
