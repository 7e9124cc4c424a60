import { createSecureContext } from "node:tls";
import { checkDatabase } from "./backend/check-database.js";
import { DatabaseState } from "./backend/database-state.js";
import type { Engine } from "./engine.js";
import { ArmedFaults } from "./faults/armed-faults.js";
import { createFaults } from "./faults/create-faults.js";
import { type CaFile, writeCaFile } from "./listening/ca-file.js";
import { createServerCertificate } from "./listening/certificate.js";
import { type Listener, listen } from "./listening/listener.js";
import type { LocalProxy } from "./local-proxy.js";
import { LoginLimits } from "./login/login-limits.js";
import { MetricCounters } from "./metrics.js";
import { createMysqlEngine } from "./mysql/mysql-engine.js";
import { checkCredentials, generateCredentials } from "./options/aws-credentials.js";
import { acceptedEndpoints, certificateHosts, namesOfAddress } from "./options/endpoint-names.js";
import type { LocalProxyOptions, ResolvedOptions } from "./options/options.js";
import { resolveOptions } from "./options/resolve-options.js";
import { createPostgresEngine } from "./postgres/postgres-engine.js";
import type { ProxyState } from "./proxy-state.js";
import { RecentEntries } from "./recent-entries.js";
import { ClientSessions } from "./sessions/client-sessions.js";
import { startSweeper } from "./sessions/sweeper.js";

// "ConnectionPoolConfiguration" in the Amazon RDS API Reference: a database connection is idle after five minutes.
const idleDatabaseConnectionMs = 300_000;

// Pinned sessions and refused clients.
const keptEntries = 1000;

const engines: Readonly<Record<ResolvedOptions["engine"], (options: ResolvedOptions) => Engine>> = {
  postgres: createPostgresEngine,
  mysql: createMysqlEngine,
};

/**
 * Starts a local RDS Proxy in front of a real server, on 127.0.0.1 unless `listen` is set.
 *
 * ```ts
 * const proxy = await startLocalProxy({
 *   engine: "postgres",
 *   upstream: { host: "127.0.0.1", port: 5432, user: "app", password: "secret", database: "shop" },
 * });
 * ```
 *
 * Rejects with a `TypeError` that names the bad option, or with the socket's error when it cannot listen on the port.
 */
export async function startLocalProxy(options: LocalProxyOptions): Promise<LocalProxy> {
  const resolved = resolveOptions(options);
  const endpointNames = [...resolved.endpointNames, ...namesOfAddress(resolved.listen)];
  const engine = engines[resolved.engine](resolved);
  const { ca, certificate, privateKey } = await createServerCertificate(certificateHosts(endpointNames));
  const state: ProxyState = {
    options: resolved,
    secureContext: createSecureContext({ cert: certificate, key: privateKey, minVersion: "TLSv1.2" }),
    endpoints: new Set(),
    limits: new LoginLimits(resolved.limits, resolved.now),
    faults: new ArmedFaults(),
    counters: new MetricCounters(),
    database: new DatabaseState(),
    pins: new RecentEntries(keptEntries),
    refusals: new RecentEntries(keptEntries),
    recording: resolved.recordMessages ? [] : undefined,
    credentials: resolved.credentials,
  };
  const sessions = new ClientSessions(state, engine);
  const caFile = await writeCaFile(ca);
  const listener = await listenOrCleanUp(resolved, sessions, caFile);
  state.endpoints = acceptedEndpoints(endpointNames, listener.port, engine.defaultPort);
  const sweeper = startSweeper(resolved.now, (nowMs) => {
    sessions.sweep(nowMs);
    engine.pool.sweep(nowMs, {
      maxIdle: resolved.maxIdleConnections,
      idleMs: idleDatabaseConnectionMs,
      lifeMs: resolved.maxLifeMs,
    });
  });
  const closeAll = async (): Promise<void> => {
    sweeper.stop();
    await Promise.all([listener.close(), sessions.stop()]);
    await engine.pool.close();
    await caFile.remove();
  };
  let closing: Promise<void> | undefined;

  return {
    host: "localhost",
    port: listener.port,
    ca,
    caFile: caFile.path,
    url: describeUrl(resolved, listener.port),
    get connectionOptions() {
      return describeConnection(state, listener.port, ca);
    },
    get environment() {
      return describeEnvironment(state, listener.port, caFile.path);
    },
    faults: createFaults(resolved.engine, state.faults, sessions, engine.pool),
    metrics: () => state.counters.snapshot(engine.pool, state.database.view),
    database: () => state.database.view,
    checkDatabase: () => checkDatabase(state, engine),
    clients: () => sessions.views(),
    pins: () => state.pins.latest(),
    refusals: () => state.refusals.latest(),
    messages: () => [...(state.recording ?? [])],
    setCredentials(credentials) {
      state.credentials = checkCredentials(credentials);
    },
    rotateCredentials() {
      const credentials = generateCredentials();
      state.credentials = [credentials];
      return credentials;
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}

async function listenOrCleanUp(
  { port, listen: address }: ResolvedOptions,
  sessions: ClientSessions,
  caFile: CaFile,
): Promise<Listener> {
  try {
    return await listen(port, address, (socket) => sessions.add(socket));
  } catch (error) {
    await caFile.remove();
    throw error;
  }
}

function describeEnvironment(state: ProxyState, port: number, caFile: string): Record<string, string> {
  const { options, credentials } = state;
  const [first] = credentials;
  const database = databaseOf(options);
  return {
    RDS_PROXY_ENDPOINT: `localhost:${port}`,
    // As an Aurora cluster's reader endpoint leads to the writer if there is no reader.
    RDS_PROXY_READER_ENDPOINT: `localhost:${port}`,
    RDS_PROXY_USER: options.user,
    ...(database === undefined ? {} : { RDS_PROXY_DATABASE: database }),
    AWS_REGION: options.region,
    AWS_ACCESS_KEY_ID: first?.accessKeyId ?? "",
    AWS_SECRET_ACCESS_KEY: first?.secretAccessKey ?? "",
    ...(first?.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: first.sessionToken }),
    ...describePassword(options),
    NODE_EXTRA_CA_CERTS: caFile,
  };
}

/** In password mode, by the variable that the engine's own programs read. */
function describePassword({ engine, secrets, user }: ResolvedOptions): Record<string, string> {
  const secret = secrets.get(user);
  if (secret?.authentication !== "password" || secret.password === undefined) return {};
  return { [engine === "postgres" ? "PGPASSWORD" : "MYSQL_PWD"]: secret.password };
}

function describeConnection(
  { options, credentials }: ProxyState,
  port: number,
  ca: string,
): LocalProxy["connectionOptions"] {
  const [first] = credentials;
  if (first === undefined) throw new Error("the proxy has no access key");
  const database = databaseOf(options);
  return {
    host: "localhost",
    port,
    user: options.user,
    ...(database === undefined ? {} : { database }),
    region: options.region,
    credentials: first,
    ssl: { ca },
  };
}

function describeUrl(options: ResolvedOptions, port: number): string {
  const url = new URL(`${options.engine}://localhost:${port}/`);
  url.username = encodeURIComponent(options.user);
  url.pathname = `/${encodeURIComponent(databaseOf(options) ?? "")}`;
  return url.href;
}

function databaseOf({ engine, upstream, user }: ResolvedOptions): string | undefined {
  // PostgreSQL defaults to the user name; MySQL has no default.
  return upstream.database ?? (engine === "postgres" ? user : undefined);
}
