import { Refusal } from "../refusal.js";
import type { Upstream } from "../upstream.js";
import { decodeError, encodeCancelRequest, encodeMessage, encodeStartup } from "./messages.js";
import { readMessage } from "./read-message.js";
import { databaseError } from "./refusals.js";
import { PasswordAnswers } from "./upstream-password.js";

/** Whom to log in as. */
export interface UpstreamLogin {
  readonly user: string;
  readonly password: string | undefined;
  /** The client's startup parameters, and the database. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** What a server tells about a session that is ready for its first request. */
export interface PostgresUpstreamSession {
  /** The server's ParameterStatus and notices, as it sent them. */
  readonly greeting: Buffer;
  /** Asks the server to cancel what runs; best effort. */
  cancel(): Promise<void>;
}

interface BackendKey {
  readonly processId: number;
  readonly secretKey: Buffer;
}

// SQLSTATE invalid_catalog_name: the database does not exist.
const unknownDatabase = "3D000";

/** Logs in to the real server. Rejects with a {@link Refusal} when the server refuses. */
export async function logInUpstream(
  upstream: Upstream,
  login: UpstreamLogin,
): Promise<PostgresUpstreamSession> {
  const answers = new PasswordAnswers(login.user, login.password);
  const greeting: Buffer[] = [];
  let backendKey: BackendKey | undefined;
  await upstream.write(encodeStartup([["user", login.user], ...login.parameters]));
  while (true) {
    const { type, body } = await readMessage(upstream.reader);
    switch (type) {
      case "R": {
        const answer = answers.answer(body);
        if (answer !== undefined) await upstream.write(answer);
        break;
      }
      case "E":
        throw toRefusal(body);
      case "K":
        backendKey = { processId: body.readInt32BE(0), secretKey: body.subarray(4) };
        break;
      case "Z":
        return { greeting: Buffer.concat(greeting), cancel: () => cancel(upstream, backendKey) };
      default:
        greeting.push(encodeMessage(type, body));
    }
  }
}

async function cancel(upstream: Upstream, backendKey: BackendKey | undefined): Promise<void> {
  if (backendKey === undefined) return;
  try {
    const request = await upstream.dialAgain();
    await request.write(encodeCancelRequest(backendKey.processId, backendKey.secretKey));
    // The server closes without an answer.
    await request.reader.readChunk();
    await request.destroy();
  } catch {
    // A server that takes no connection any more has nothing left to cancel.
  }
}

function toRefusal(body: Buffer): Refusal {
  const fields = decodeError(body);
  const text = fields.get("M") ?? "";
  const sqlState = fields.get("C") ?? "XX000";
  return sqlState === unknownDatabase ? databaseError(text) : new Refusal(sqlState, text);
}
