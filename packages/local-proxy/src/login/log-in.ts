import { BorrowTimeout } from "../backend/backend-pool.js";
import { DatabaseUnreachable, describeFailure } from "../backend/database-state.js";
import type { ClientSocket } from "../client/client-socket.js";
import type { ClientProtocol, PasswordLogin, SessionLog, SessionRelay } from "../engine.js";
import { type ConnectFault, isRefusedLogin } from "../faults/faults.js";
import type { ProxyState } from "../proxy-state.js";
import { Refusal } from "../refusal.js";
import { authenticate } from "./authenticate.js";
import { passStage } from "./pass-stage.js";

/** A logged-in client. */
export interface LoggedIn {
  readonly user: string;
  readonly relay: SessionRelay;
  /** The messages that complete its login. */
  readonly welcome: Buffer;
}

/**
 * Runs a login, from the accepted connection to the first database connection that it borrows. Rejects with a
 * {@link Refusal} for the client, or with `ConnectionGone`.
 */
export async function logIn(
  client: ClientSocket,
  protocol: ClientProtocol,
  proxy: ProxyState,
  fault: ConnectFault | undefined,
  log: SessionLog,
): Promise<LoggedIn> {
  const login = await receiveInTime(client, protocol, proxy, fault);
  const { user } = login;
  checkLimits(user, protocol, proxy);
  const secret = authenticate(login, protocol, proxy, log);
  if (fault !== undefined && isRefusedLogin(fault)) throw protocol.refusals[fault](user);
  const refusalOf = (error: unknown): Refusal => {
    if (error instanceof DatabaseUnreachable)
      return explained(protocol.refusals["borrow-timeout"](user), error);
    if (error instanceof BorrowTimeout) return protocol.refusals["borrow-timeout"](user);
    // Clients cannot see whether their own login failed or the proxy's, at least with MySQL, so the log says it.
    log(`The proxy's login at the database as ${secret.user} failed. Reason: ${describeFailure(error)}`);
    return error instanceof Refusal
      ? protocol.upstreamRefused(error, secret.user)
      : protocol.upstreamFailed(describeFailure(error));
  };
  const relay = protocol.createRelay({ secret, log, refusalOf });
  try {
    return { user, relay, welcome: await relay.connect() };
  } catch (error) {
    if (client.left.aborted) throw error;
    throw refusalOf(error);
  }
}

/** AWS's text, and the reason, which AWS does not send. */
function explained({ sqlState, message, errno }: Refusal, { cause }: DatabaseUnreachable): Refusal {
  const reason = `The local proxy has not reached its database yet: ${describeFailure(cause)}`;
  return new Refusal(sqlState, `${message.replace(/\.$/, "")}. ${reason}`, errno);
}

function checkLimits(
  user: string,
  protocol: ClientProtocol,
  { limits, counters, options }: ProxyState,
): void {
  if (counters.clientConnections > limits.clientConnections) {
    throw protocol.refusals["too-many-clients"](user, options.limits.clientConnections);
  }
  if (!limits.connections.pass()) {
    throw protocol.refusals["rate-limited"](user, options.limits.connectionsPerSecond);
  }
}

/** Receives the login up to the password; closes the connection after `loginTimeoutMs`. */
async function receiveInTime(
  client: ClientSocket,
  protocol: ClientProtocol,
  proxy: ProxyState,
  fault: ConnectFault | undefined,
): Promise<PasswordLogin> {
  const deadline = setTimeout(() => client.destroy(), proxy.options.loginTimeoutMs);
  // A fault of silence lasts until the client gives up.
  if (fault?.startsWith("silence-")) clearTimeout(deadline);
  try {
    return await protocol.receiveLogin((stage) => passStage(client, stage, fault));
  } finally {
    clearTimeout(deadline);
  }
}
