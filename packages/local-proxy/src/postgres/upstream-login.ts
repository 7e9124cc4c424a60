import { setTimeout as delay } from "node:timers/promises";
import { BorrowTimeout } from "../backend-slots.js";
import { decodeError, encodeMessage, encodeStartup } from "./messages.js";
import { readMessage } from "./read-message.js";
import { databaseError, Refusal } from "./refusals.js";
import { Upstream } from "./upstream.js";
import { PasswordAnswers } from "./upstream-password.js";

/** Whom to log in as, and where. */
export interface UpstreamLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  /** The client's startup parameters, and the database. */
  readonly parameters: ReadonlyMap<string, string>;
  /** While the server cannot be reached, how long to go on trying, in ms. */
  readonly patienceMs: number;
}

/** A session that is ready for its first request. */
export interface UpstreamSession {
  readonly upstream: Upstream;
  /** The server's ParameterStatus and notices, as it sent them. */
  readonly greeting: Buffer;
}

const redialDelayMs = 50;
const loginTimeoutMs = 10_000;
// SQLSTATE invalid_catalog_name: the database does not exist.
const unknownDatabase = "3D000";

/** Opens a session with the real server. Rejects with a {@link Refusal} for the client, or the signal's reason. */
export async function logInUpstream(login: UpstreamLogin, signal: AbortSignal): Promise<UpstreamSession> {
  const upstream = await dialPatiently(login, signal);
  const tooLong = AbortSignal.timeout(loginTimeoutMs);
  const abandoned = AbortSignal.any([signal, tooLong]);
  const giveUp = (): void => void upstream.destroy();
  abandoned.addEventListener("abort", giveUp);
  try {
    abandoned.throwIfAborted();
    return { upstream, greeting: await authenticate(upstream, login) };
  } catch (error) {
    await upstream.destroy();
    if (error instanceof Refusal) throw error;
    signal.throwIfAborted();
    if (tooLong.aborted) throw new BorrowTimeout("the database did not finish the login", { cause: error });
    throw databaseError(error instanceof Error ? error.message : String(error));
  } finally {
    abandoned.removeEventListener("abort", giveUp);
  }
}

// A server that restarts or fails over is waited for, as RDS Proxy queues its clients meanwhile.
async function dialPatiently(login: UpstreamLogin, signal: AbortSignal): Promise<Upstream> {
  const startedAt = performance.now();
  while (true) {
    try {
      return await Upstream.dial(login.host, login.port, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (performance.now() - startedAt + redialDelayMs > login.patienceMs) {
        throw new BorrowTimeout("the database cannot be reached", { cause: error });
      }
    }
    await delay(redialDelayMs, undefined, { signal });
  }
}

async function authenticate(upstream: Upstream, login: UpstreamLogin): Promise<Buffer> {
  const answers = new PasswordAnswers(login.user, login.password);
  const greeting: Buffer[] = [];
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
        upstream.backendKey = { processId: body.readInt32BE(0), secretKey: body.subarray(4) };
        break;
      case "Z":
        return Buffer.concat(greeting);
      default:
        greeting.push(encodeMessage(type, body));
    }
  }
}

function toRefusal(body: Buffer): Refusal {
  const fields = decodeError(body);
  const text = fields.get("M") ?? "";
  const sqlState = fields.get("C") ?? "XX000";
  return sqlState === unknownDatabase ? databaseError(text) : new Refusal(sqlState, text);
}
