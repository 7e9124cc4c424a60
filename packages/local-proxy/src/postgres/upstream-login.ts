import type { UpstreamConnection, UpstreamLoginResult } from "../backend/upstream-connection.js";
import { Refusal } from "../refusal.js";
import { readLoginMessage } from "./login-message.js";
import { decodeError, encodeCancelRequest, encodeMessage, encodeStartup } from "./messages.js";
import { PasswordAnswers } from "./upstream-password.js";

/** The login at the server. */
export interface UpstreamLogin {
  readonly user: string;
  readonly password: string | undefined;
  /** The client's startup parameters, and the database. */
  readonly parameters: ReadonlyMap<string, string>;
}

interface BackendKey {
  readonly processId: number;
  readonly secretKey: Buffer;
}

const terminate = encodeMessage("X");

/** Logs in to the server. Rejects with a {@link Refusal} when the server refuses. */
export async function logInUpstream(
  upstream: UpstreamConnection,
  login: UpstreamLogin,
): Promise<UpstreamLoginResult> {
  const answers = new PasswordAnswers(login.user, login.password);
  const greeting: Buffer[] = [];
  let backendKey: BackendKey | undefined;
  await upstream.write(encodeStartup([["user", login.user], ...login.parameters]));
  while (true) {
    const { type, body } = await readLoginMessage(upstream.reader);
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
        return {
          // The server's ParameterStatus and notice messages.
          greeting: Buffer.concat(greeting),
          endMessage: terminate,
          cancel: () => cancel(upstream, backendKey),
        };
      default:
        greeting.push(encodeMessage(type, body));
    }
  }
}

async function cancel(upstream: UpstreamConnection, backendKey: BackendKey | undefined): Promise<void> {
  if (backendKey === undefined) return;
  try {
    const request = await upstream.dialAgain();
    await request.write(encodeCancelRequest(backendKey.processId, backendKey.secretKey));
    // The server closes the connection without a reply.
    await request.reader.readChunk();
    await request.destroy();
  } catch {
    // A server that accepts no connection has nothing to cancel.
  }
}

function toRefusal(body: Buffer): Refusal {
  const fields = decodeError(body);
  return new Refusal(fields.get("C") ?? "XX000", fields.get("M") ?? "");
}
