import { type BackendSlot, BorrowTimeout } from "./backend-slots.js";
import type { ClientSocket } from "./client-socket.js";
import type { ClientProtocol, PasswordLogin, UpstreamSession } from "./engine.js";
import { type ConnectFault, isRefusedLogin } from "./faults.js";
import { verifyToken } from "./iam.js";
import { passStage } from "./login-fault.js";
import { openUpstream } from "./open-upstream.js";
import type { ProxyState } from "./proxy-state.js";
import { Refusal } from "./refusal.js";
import type { Upstream } from "./upstream.js";

/** A client that may begin, and the database session that it has borrowed. */
export interface LoggedIn {
  readonly upstream: Upstream;
  readonly session: UpstreamSession;
  readonly slot: BackendSlot;
}

/**
 * Leads a client from its accepted connection to a borrowed database session. Rejects with a {@link Refusal} for the
 * client, or with `ConnectionGone`.
 */
export async function logIn(
  client: ClientSocket,
  protocol: ClientProtocol,
  proxy: ProxyState,
  fault: ConnectFault | undefined,
  log: (line: string) => void,
): Promise<LoggedIn> {
  const { user, password } = await receiveInTime(client, protocol, proxy, fault);
  checkToken(password, user, protocol, proxy, log);
  if (fault !== undefined && isRefusedLogin(fault)) throw protocol.refusals[fault](user);
  const { options, slots, counters } = proxy;
  const secret = options.secrets.get(user);
  if (secret === undefined) throw protocol.refusals["no-credentials"](user);
  counters.databaseConnectionRequests += 1;
  try {
    const slot = await slots.borrow(options.borrowTimeoutMs, client.left);
    try {
      const opened = await openUpstream(options, client.left, (upstream) =>
        protocol.logInUpstream(upstream, secret),
      );
      counters.databaseConnectionsSetupSucceeded += 1;
      return { ...opened, slot };
    } catch (error) {
      slot.giveBack();
      counters.databaseConnectionsSetupFailed += 1;
      throw error;
    }
  } catch (error) {
    if (error instanceof Refusal || client.left.aborted) throw error;
    if (error instanceof BorrowTimeout) throw protocol.refusals["borrow-timeout"](user);
    const reason = error instanceof Error ? error.message : String(error);
    log(`The database login failed. Reason: ${reason}`);
    throw protocol.upstreamFailed(reason);
  }
}

/** Everything up to the password; ends late logins. */
async function receiveInTime(
  client: ClientSocket,
  protocol: ClientProtocol,
  proxy: ProxyState,
  fault: ConnectFault | undefined,
): Promise<PasswordLogin> {
  const deadline = setTimeout(() => client.destroy(), proxy.options.loginTimeoutMs);
  // A client that is met with silence has to notice by itself.
  if (fault?.startsWith("silence-")) clearTimeout(deadline);
  try {
    return await protocol.receiveLogin((stage) => passStage(client, stage, fault));
  } finally {
    clearTimeout(deadline);
  }
}

function checkToken(
  password: string,
  user: string,
  protocol: ClientProtocol,
  proxy: ProxyState,
  log: (line: string) => void,
): void {
  const { options, counters, endpoints, credentials } = proxy;
  const verdict = verifyToken(password, {
    user,
    endpoints,
    region: options.region,
    credentials,
    nowMs: options.now(),
    clockSkewMs: options.clockSkewMs,
  });
  const fault = verdict.fault ?? (options.deniedUsers.has(user) ? "denied" : undefined);
  counters.countToken(verdict.signature, fault);
  if (fault === undefined) return;
  log(
    `Proxy authentication with IAM authentication failed for user "${user}" with TLS on. Reason: ${fault}.`,
  );
  throw protocol.refusals.refused(user);
}
