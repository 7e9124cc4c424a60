import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { DialingSocket } from "../endpoint/dialing-socket.js";
import type { ConnectPhase } from "../errors.js";
import type { LoginRecord } from "./login-record.js";

/** What a login was doing when it ended; undefined if its socket is not known. */
export function phaseOf(login: LoginRecord | undefined): ConnectPhase | undefined {
  const stream: (Duplex & Partial<Pick<DialingSocket, "phase"> & Pick<TLSSocket, "authorized">>) | undefined =
    login?.stream;
  // Node sets `authorized` after it has verified the chain and the name, and keeps it when the socket is destroyed.
  if (stream?.authorized !== undefined) return stream.authorized ? "login" : "tls";
  return stream?.phase;
}

interface Timeout {
  readonly message: string;
  readonly remedy: string;
}

const SERVER_TIMEOUT: Timeout = {
  message: "the server did not complete the login",
  remedy:
    "The server is verified, but does not finish the login. The proxy may have no database connection: check its metrics " +
    "DatabaseConnectionsBorrowLatency and DatabaseConnectionsCurrentlySessionPinned, and that the database is available. " +
    "With `secret`, node-postgres needs threads of libuv's pool for SCRAM: on Managed Instances set UV_THREADPOOL_SIZE.",
};

/** An attempt that ran out of time, by what it was doing. */
const TIMEOUTS: Readonly<Partial<Record<ConnectPhase, Timeout>>> = {
  name: {
    message: "the host's name was not resolved",
    remedy:
      "Check that the VPC resolves DNS names (enableDnsSupport) and that its name server can be reached. On Managed Instances " +
      "also set UV_THREADPOOL_SIZE: Node resolves names in libuv's thread pool, where each worker waits for its next " +
      "invocation.",
  },
  tcp: {
    message: "the TCP connection was not accepted",
    remedy:
      "Check that the function runs in the proxy's VPC, that its subnets have a route to the proxy, that the security " +
      "groups of both allow the port, and that the proxy is available.",
  },
  tls: {
    message: "the TCP connection was accepted, but the TLS handshake did not end",
    remedy:
      "Check that the port belongs to a server of this engine that uses TLS, and not to a tunnel that leads nowhere or to a " +
      "server of another protocol.",
  },
  login: SERVER_TIMEOUT,
};

/** What ran out of time, for an error message. */
export function timeoutIn(phase: ConnectPhase | undefined): string {
  const { message } = (phase && TIMEOUTS[phase]) ?? SERVER_TIMEOUT;
  return `${message} in the time for one attempt`;
}

/** What to check after an attempt that ran out of time. */
export function timeoutRemedy(phase: ConnectPhase | undefined): string | undefined {
  return phase && TIMEOUTS[phase]?.remedy;
}
