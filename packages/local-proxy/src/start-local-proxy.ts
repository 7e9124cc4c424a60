import { createSecureContext } from "node:tls";
import { ArmedFaults } from "./armed-faults.js";
import { generateCredentials } from "./aws-credentials.js";
import { BackendSlots } from "./backend-slots.js";
import { type CaFile, writeCaFile } from "./ca-file.js";
import { createServerCertificate } from "./certificate.js";
import { ClientSessions } from "./client-sessions.js";
import { acceptedEndpoints, certificateHosts } from "./endpoint-names.js";
import type { Engine } from "./engine.js";
import { createFaults } from "./faults.js";
import { type Listener, listen } from "./listener.js";
import type { LocalProxy } from "./local-proxy.js";
import { MetricCounters } from "./metrics.js";
import { createMysqlEngine } from "./mysql/mysql-engine.js";
import type { LocalProxyOptions, ResolvedOptions } from "./options.js";
import { createPostgresEngine } from "./postgres/postgres-engine.js";
import type { ProxyState } from "./proxy-state.js";
import { checkCredentials, resolveOptions } from "./resolve-options.js";

const engines: Readonly<Record<ResolvedOptions["engine"], (options: ResolvedOptions) => Engine>> = {
  postgres: createPostgresEngine,
  mysql: createMysqlEngine,
};

/**
 * Starts a local RDS Proxy on 127.0.0.1, in front of a real server.
 *
 * ```ts
 * const proxy = await startLocalProxy({
 *   engine: "postgres",
 *   upstream: { host: "127.0.0.1", port: 5432, user: "app", password: "secret", database: "shop" },
 * });
 * ```
 *
 * Throws a `TypeError` that names a bad option, and the socket's error when the port cannot be had.
 */
export async function startLocalProxy(options: LocalProxyOptions): Promise<LocalProxy> {
  const resolved = resolveOptions(options);
  const { endpointNames } = resolved;
  const engine = engines[resolved.engine](resolved);
  const { ca, certificate, privateKey } = await createServerCertificate(certificateHosts(endpointNames));
  const state: ProxyState = {
    options: resolved,
    secureContext: createSecureContext({ cert: certificate, key: privateKey, minVersion: "TLSv1.2" }),
    endpoints: new Set(),
    slots: new BackendSlots(resolved.maxConnections),
    faults: new ArmedFaults(),
    counters: new MetricCounters(),
    recording: resolved.recordMessages ? [] : undefined,
    credentials: resolved.credentials,
  };
  const sessions = new ClientSessions(state, engine);
  const caFile = await writeCaFile(ca);
  const listener = await listenOrCleanUp(resolved.port, sessions, caFile);
  state.endpoints = acceptedEndpoints(endpointNames, listener.port, engine.usualPort);
  let closing: Promise<void> | undefined;

  return {
    host: "localhost",
    port: listener.port,
    ca,
    caFile: caFile.path,
    get environment() {
      return describeEnvironment(state, listener.port, caFile.path);
    },
    faults: createFaults(resolved.engine, state.faults, sessions),
    metrics: () => state.counters.snapshot(state.slots),
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
      closing ??= closeAll(listener, sessions, caFile);
      return closing;
    },
  };
}

async function listenOrCleanUp(port: number, sessions: ClientSessions, caFile: CaFile): Promise<Listener> {
  try {
    return await listen(port, (socket) => sessions.add(socket));
  } catch (error) {
    await caFile.remove();
    throw error;
  }
}

async function closeAll(listener: Listener, sessions: ClientSessions, caFile: CaFile): Promise<void> {
  await Promise.all([listener.close(), sessions.stop()]);
  await caFile.remove();
}

function describeEnvironment(state: ProxyState, port: number, caFile: string): Record<string, string> {
  const { options, credentials } = state;
  const [first] = credentials;
  // PostgreSQL's default; MySQL has none.
  const usualDatabase = options.engine === "postgres" ? options.user : undefined;
  const database = options.upstream.database ?? usualDatabase;
  return {
    RDS_PROXY_ENDPOINT: `localhost:${port}`,
    RDS_PROXY_USER: options.user,
    ...(database === undefined ? {} : { RDS_PROXY_DATABASE: database }),
    AWS_REGION: options.region,
    AWS_ACCESS_KEY_ID: first?.accessKeyId ?? "",
    AWS_SECRET_ACCESS_KEY: first?.secretAccessKey ?? "",
    ...(first?.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: first.sessionToken }),
    NODE_EXTRA_CA_CERTS: caFile,
  };
}
