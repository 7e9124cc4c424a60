import { NoTokenAsked } from "../wire/no-token-asked.js";
import { ProbeError, type Wire } from "../wire/wire.js";
import {
  encodeMessage,
  encodeStartup,
  type Message,
  parameterIn,
  readMessage,
  refusalIn,
  SSL_REQUEST,
  VERSION_3_0,
} from "./messages.js";
import { PostgresSession } from "./postgres-session.js";

/** How a login differs from the usual one. */
export interface PostgresVariation {
  readonly namesHost?: boolean;
  /** Begins with the TLS handshake, without an SSLRequest. */
  readonly isDirectTls?: boolean;
  readonly version?: number;
  /** More parameters of the startup message. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A session, and what the server sent at its login. */
export interface PostgresLogin {
  readonly session: PostgresSession;
  readonly parameters: ReadonlyMap<string, string>;
  /** The secret key of BackendKeyData, if it was sent. */
  readonly key: Buffer | undefined;
  /** The version in NegotiateProtocolVersion, if it was sent. */
  readonly negotiated: number | undefined;
}

/** The application protocol of PostgreSQL: https://www.postgresql.org/docs/current/protocol-flow.html */
const ALPN = "postgresql";

const AUTHENTICATION_OK = 0;
const CLEARTEXT_PASSWORD = 3;

/** Requests TLS and does the handshake. */
async function secure(
  wire: Wire,
  { namesHost = true, isDirectTls = false }: PostgresVariation,
): Promise<void> {
  if (isDirectTls) {
    const agreed = await wire.secure({ namesHost, alpn: ALPN });
    if (agreed !== ALPN)
      throw new ProbeError("the server did not name PostgreSQL's protocol in the TLS handshake");
    return;
  }
  wire.write(SSL_REQUEST);
  const answer = (await wire.read(1)).toString("latin1");
  if (answer !== "S") throw new ProbeError("the server does not agree to TLS");
  await wire.secure({ namesHost });
}

/**
 * Logs in. The password is asked for when the server wants it, behind verified TLS.
 *
 * @throws ServerRefusal, NoTokenAsked
 */
export async function logInToPostgres(
  wire: Wire,
  startup: Readonly<Record<string, string>>,
  password: () => Promise<string>,
  variation: PostgresVariation = {},
): Promise<PostgresLogin> {
  await wire.connected();
  await secure(wire, variation);
  wire.write(encodeStartup(variation.version ?? VERSION_3_0, { ...startup, ...variation.parameters }));
  const parameters = new Map<string, string>();
  let key: Buffer | undefined;
  let negotiated: number | undefined;
  let isTokenSent = false;
  for (;;) {
    const message = await readMessage(wire);
    switch (message.type) {
      case "E":
        throw refusalIn(message);
      case "R":
        if (isOver(message, isTokenSent)) break;
        isTokenSent = true;
        wire.write(encodeMessage("p", await password(), "\0"));
        break;
      case "S":
        parameters.set(...parameterIn(message));
        break;
      case "K":
        key = message.body.subarray(4);
        break;
      case "v":
        negotiated = message.body.readInt32BE();
        break;
      case "Z":
        return { session: new PostgresSession(wire), parameters, key, negotiated };
    }
  }
}

/** Whether an authentication message ends the authentication, rather than asks for a token. */
function isOver({ body }: Message, isTokenSent: boolean): boolean {
  const code = body.readInt32BE();
  if (code === AUTHENTICATION_OK && isTokenSent) return true;
  if (code === CLEARTEXT_PASSWORD && !isTokenSent) return false;
  throw new NoTokenAsked(
    code === AUTHENTICATION_OK
      ? "the server asks for no token"
      : `the server asks for something else than a token (authentication request ${code})`,
  );
}
