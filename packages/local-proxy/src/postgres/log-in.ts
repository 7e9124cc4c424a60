import { type BackendSlot, BorrowTimeout } from "../backend-slots.js";
import { ConnectionGone } from "../byte-reader.js";
import type { ProxyState } from "../client-session.js";
import type { ClientSocket } from "../client-socket.js";
import { type ConnectFault, isRefusedLogin } from "../faults.js";
import { verifyToken } from "../iam.js";
import { passStage } from "../login-fault.js";
import { encodeMessage, int32 } from "./messages.js";
import { readMessage } from "./read-message.js";
import { borrowTimedOut, iamFailed, noCredentials, protocolViolation, refusedLogins } from "./refusals.js";
import { checkStartup, readFirstMessage, type StartupRequest } from "./startup.js";
import { logInUpstream, type UpstreamSession } from "./upstream-login.js";

/** A client that may begin, and the database session that it has borrowed. */
export interface LoggedIn extends UpstreamSession {
  readonly slot: BackendSlot;
}

const cleartextPasswordRequest = encodeMessage("R", int32(3));

/**
 * Leads a client from its accepted connection to a borrowed database session. Rejects with a `Refusal` for the
 * client, or with {@link ConnectionGone}.
 */
export async function logIn(
  client: ClientSocket,
  proxy: ProxyState,
  fault: ConnectFault | undefined,
  log: (line: string) => void,
): Promise<LoggedIn> {
  const { user, parameters } = await receiveLogin(client, proxy, fault, log);
  if (fault !== undefined && isRefusedLogin(fault)) throw refusedLogins[fault](user);
  const { options, slots, counters } = proxy;
  const secret = options.secrets.get(user);
  if (secret === undefined) throw noCredentials(user);
  counters.databaseConnectionRequests += 1;
  const slot = await orRefusal(slots.borrow(options.borrowTimeoutMs, client.left));
  const login = {
    ...options.upstream,
    ...secret,
    parameters: withDatabase(parameters, options.upstream.database ?? user),
    patienceMs: options.borrowTimeoutMs,
  };
  try {
    const session = await orRefusal(logInUpstream(login, client.left));
    counters.databaseConnectionsSetupSucceeded += 1;
    return { ...session, slot };
  } catch (error) {
    slot.giveBack();
    counters.databaseConnectionsSetupFailed += 1;
    throw error;
  }
}

/** Everything up to the password; ends late logins. */
async function receiveLogin(
  client: ClientSocket,
  proxy: ProxyState,
  fault: ConnectFault | undefined,
  log: (line: string) => void,
): Promise<StartupRequest> {
  const deadline = setTimeout(() => client.destroy(), proxy.options.loginTimeoutMs);
  // A client that is met with silence has to notice by itself.
  if (fault?.startsWith("silence-")) clearTimeout(deadline);
  try {
    await passStage(client, "on-accept", fault);
    const startup = await receiveStartup(client, proxy, fault);
    await passStage(client, "after-startup", fault);
    await client.write(cleartextPasswordRequest);
    const { type, body } = await readMessage(client);
    if (type !== "p") throw protocolViolation(`expected password response, got message type ${type}`);
    await passStage(client, "after-password", fault);
    checkToken(body.toString("utf8").replace(/\0$/, ""), startup.user, proxy, log);
    return startup;
  } finally {
    clearTimeout(deadline);
  }
}

async function receiveStartup(
  client: ClientSocket,
  proxy: ProxyState,
  fault: ConnectFault | undefined,
): Promise<StartupRequest> {
  while (true) {
    const first = await readFirstMessage(client);
    if (first.kind === "cancel") throw new ConnectionGone("RDS Proxy ignores cancel requests");
    if (first.kind === "startup") {
      return checkStartup(first.version, first.parameters, client.isEncrypted, proxy.options);
    }
    if (client.isEncrypted) throw protocolViolation("encryption requested twice");
    if (first.kind === "gss-encryption") {
      await client.write(Buffer.from("N"));
      continue;
    }
    await passStage(client, "before-tls-reply", fault);
    await client.startTls(proxy.secureContext, Buffer.from("S"));
    await passStage(client, "after-tls", fault);
  }
}

function checkToken(password: string, user: string, proxy: ProxyState, log: (line: string) => void): void {
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
  throw iamFailed(user);
}

function withDatabase(
  parameters: ReadonlyMap<string, string>,
  database: string,
): ReadonlyMap<string, string> {
  return new Map([["database", database], ...parameters]);
}

async function orRefusal<T>(borrowing: Promise<T>): Promise<T> {
  try {
    return await borrowing;
  } catch (error) {
    throw error instanceof BorrowTimeout ? borrowTimedOut() : error;
  }
}
