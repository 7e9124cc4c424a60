import type { ByteReader } from "../bytes/byte-reader.js";
import { loginMethodOf } from "../login/authenticate.js";
import type { ResolvedOptions } from "../options/options.js";
import { longestLoginMessage } from "./login-message.js";
import { requestCodes } from "./messages.js";
import { type AgreedProtocol, agreeOnProtocol, isProtocolOption } from "./protocol-version.js";
import {
  commandLineOptionsUnsupported,
  iamNeedsTls,
  noCredentials,
  optionUnsupported,
  protocolViolation,
  replicationUnsupported,
  tlsRequired,
  userMissing,
} from "./refusals.js";

/** The first message of a client. */
export type FirstMessage =
  | { readonly kind: "ssl" | "gss-encryption" | "cancel" }
  | { readonly kind: "startup"; readonly version: number; readonly parameters: ReadonlyMap<string, string> };

/** What a client requests at login. */
export interface StartupRequest {
  /** The user to authenticate. */
  readonly user: string;
  /** The parameters for the database: all but the user. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly protocol: AgreedProtocol;
}

// Source: "Connecting to a database using RDS Proxy" in the Amazon RDS User Guide. Names of settings are
// case-insensitive.
const acceptedParameters = new Set([
  "user",
  "database",
  "application_name",
  "client_encoding",
  "datestyle",
  "timezone",
  "extra_float_digits",
  "search_path",
]);

/** Reads the first message of a connection, or the message after an SSLRequest. */
export async function readFirstMessage(client: Pick<ByteReader, "read">): Promise<FirstMessage> {
  const length = (await client.read(4)).readUInt32BE(0);
  if (length < 8 || length > longestLoginMessage) throw protocolViolation("invalid length of startup packet");
  const body = await client.read(length - 4);
  const version = body.readInt32BE(0);
  if (version === requestCodes.ssl) return { kind: "ssl" };
  if (version === requestCodes.gssEncryption) return { kind: "gss-encryption" };
  if (version === requestCodes.cancel) return { kind: "cancel" };
  return { kind: "startup", version, parameters: decodeParameters(body.subarray(4)) };
}

/** Validates a startup message. Throws the refusal for what RDS Proxy does not support. */
export function checkStartup(
  version: number,
  parameters: ReadonlyMap<string, string>,
  isEncrypted: boolean,
  options: Pick<ResolvedOptions, "authentication" | "requireTls" | "secrets"> & {
    readonly postgres: Pick<ResolvedOptions["postgres"], "newerProtocol">;
  },
): StartupRequest {
  const { newerProtocol } = options.postgres;
  const protocol = agreeOnProtocol(version, parameters.keys(), newerProtocol);
  if (!isEncrypted && options.requireTls) throw tlsRequired();
  for (const [name] of parameters) {
    if (isProtocolOption(name) && newerProtocol !== "refuse") continue;
    if (name === "options") throw commandLineOptionsUnsupported();
    if (name === "replication") throw replicationUnsupported();
    if (!acceptedParameters.has(name.toLowerCase())) throw optionUnsupported(name);
  }
  const user = parameters.get("user");
  if (!user) throw userMissing();
  if (options.authentication !== "end-to-end-iam" && !options.secrets.has(user)) throw noCredentials(user);
  if (!isEncrypted && loginMethodOf(user, options) === "iam") throw iamNeedsTls();
  const forDatabase = [...parameters].filter(([name]) => name !== "user" && !isProtocolOption(name));
  return { user, parameters: new Map(forDatabase), protocol };
}

function decodeParameters(body: Buffer): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  const texts = body.toString("utf8").split("\0");
  for (let index = 0; texts[index]; index += 2) parameters.set(texts[index] ?? "", texts[index + 1] ?? "");
  return parameters;
}
