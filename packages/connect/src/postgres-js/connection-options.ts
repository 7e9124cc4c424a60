import { Socket } from "node:net";
import type { RdsProxyOptions } from "@rds-proxy/core";
import {
  checkKnownNames,
  checkObject,
  invalidOption,
  RDS_PROXY_OPTION_NAMES,
  type ResolvedRdsProxyOptions,
  resolveOptions,
} from "@rds-proxy/core/adapter";
import { encodeStartup, type Startup } from "../postgres/startup.js";
import { connectionLost, logInUpstream, type OpenSession } from "../postgres/upstream-login.js";
import { connectUpstream } from "../upstream/connect-upstream.js";
import { Upstream } from "../upstream/upstream.js";

/** What postgres.js needs to connect. Its other options can be added. */
export interface PostgresJsOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** `maxConnections`. */
  readonly max: number;
  /** Named statements pin. */
  readonly prepare: false;
  /** The socket is encrypted. */
  readonly ssl: false;
  /** No limit: `acquireTimeoutMs` limits a connect with its retries. */
  readonly connect_timeout: 0;
  /** No limit, since its timer does not run while Lambda has frozen the process. */
  readonly max_lifetime: null;
  /** No wait in addition to those between the retries. */
  readonly backoff: () => number;
  /** Opens a connection that is logged in. */
  readonly socket: (options: StartupOptions) => Promise<Socket>;
}

/** What postgres.js passes: its own copy of the options. */
interface StartupOptions {
  readonly user: string;
  readonly database: string;
  /** Parameters of the session, for the StartupMessage. */
  readonly connection: Record<string, unknown>;
}

/**
 * postgres.js 3.4.9 collects short messages until the event loop has turned. If its connection closes before that, as one that broke in a
 * frozen process does, it never writes again. It writes messages from this length on at once, so its StartupMessage gets it.
 */
const WRITTEN_AT_ONCE = 1024;

/** A parameter that no server sees: the StartupMessage of postgres.js goes nowhere. */
const PADDING = "rds_proxy.padding";

/**
 * Options for postgres.js 3.4: each of its connections logs in with a fresh token over verified TLS, and failed connects are retried as
 * everywhere in this library. postgres.js keeps its pool: see the README for what that cannot do.
 *
 * @throws RdsProxyError `RDS_PROXY_INVALID_OPTION`
 * @example
 * const sql = postgres(connectionOptions());
 */
export function connectionOptions(options: RdsProxyOptions = {}): PostgresJsOptions {
  checkObject("options", options);
  checkKnownNames("", options, RDS_PROXY_OPTION_NAMES);
  const resolved = resolveOptions(options, "postgres");
  const { endpoint, maxConnections } = resolved;
  if (endpoint.user === "") {
    throw invalidOption(
      "user",
      "the user of the secret",
      "none",
      "postgres.js does not wait until the secret is read: set `user`, RDS_PROXY_USER or PGUSER.",
    );
  }
  return {
    host: endpoint.host,
    port: endpoint.port,
    user: endpoint.user,
    database: endpoint.database ?? endpoint.user,
    max: maxConnections,
    prepare: false,
    ssl: false,
    connect_timeout: 0,
    max_lifetime: null,
    backoff: () => 0,
    socket: (startup) => openSocket(resolved, startup),
  };
}

async function openSocket(options: ResolvedRdsProxyOptions, startup: StartupOptions): Promise<Socket> {
  const message = startupOf(startup);
  startup.connection[PADDING] = "-".repeat(WRITTEN_AT_ONCE);
  try {
    return greetingSocket(await logIn(options, message));
  } catch (error) {
    // If this function rejected, postgres.js 3.4.9 would lose a place in its pool.
    return failedSocket(error);
  }
}

/** As postgres.js writes it. */
function startupOf({ user, database, connection }: StartupOptions): Startup {
  const { [PADDING]: _, ...parameters } = connection;
  const own = Object.entries(parameters).flatMap(([name, value]) => (value ? [[name, String(value)]] : []));
  return encodeStartup({ user, database, client_encoding: "UTF8", ...Object.fromEntries(own) });
}

async function logIn(options: ResolvedRdsProxyOptions, startup: Startup): Promise<OpenSession> {
  return connectUpstream(
    options,
    undefined,
    () => new Upstream(options, connectionLost),
    (upstream) => logInUpstream(upstream, startup, options),
  );
}

/**
 * Answers the StartupMessage of postgres.js, which it writes first, with what the server said in the login. Before it may stand
 * the rest of a connection that closed, which must not reach the server either.
 */
function greetingSocket({ socket, welcome }: OpenSession): Socket {
  const answer = (message: Uint8Array): boolean => {
    Reflect.deleteProperty(socket, "write");
    if (message.length >= WRITTEN_AT_ONCE) {
      socket.unshift(welcome);
      socket.resume();
    } else {
      // A request to cancel: a client of RDS Proxy does not know which session runs its statement.
      socket.destroy();
    }
    return true;
  };
  return Object.assign(socket, { write: answer, on: onClosing(socket) });
}

/**
 * `on()` of a socket whose end is the event "close" alone. After "error", postgres.js 3.4.9 goes on to send queries until "close", and
 * then forgets them: they would never end.
 */
function onClosing(socket: Socket): (event: string, listener: (...args: unknown[]) => void) => Socket {
  const on = socket.on.bind(socket);
  return (event, listener) => {
    // The socket has another listener, so that the event does not end the process.
    if (event === "error") return socket;
    return on(event, event === "close" ? () => listener(false) : listener);
  };
}

/** A socket that fails when postgres.js writes to it first. */
function failedSocket(error: unknown): Socket {
  const socket = new Socket();
  return Object.assign(socket, {
    write() {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
      return true;
    },
  });
}
