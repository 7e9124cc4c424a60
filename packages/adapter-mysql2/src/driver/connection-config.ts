import { RdsProxyError } from "@rds-proxy/core";
import { createDialingSocket, type ResolvedRdsProxyOptions, type VerifiedTls } from "@rds-proxy/core/adapter";
import { builtinModule, type DialingSocket, type Secret } from "@rds-proxy/core/internal";
import type { Connection, ConnectionOptions, SslOptions } from "mysql2";
import { admitOnePacket } from "./clear-text-gate.js";
import type { Mysql2Options } from "./driver-options.js";
import { internalsOf, type PluginLogin, pluginLogin } from "./mysql2-internals.js";

/**
 * mysql2 allocates its cache for each connection in advance. Its default of 16,000 entries costs a cold start 2 ms and 500 kB.
 * Few programs have many prepared statements behind RDS Proxy, since they pin the session.
 */
const USUAL_PREPARED_STATEMENTS = 250;

/**
 * Creates the configuration of one connection, or of all connections of a pool, from a callback that signs a token or reads
 * the secret. A token is signed for the connection whose server asks for it. A secret is read while mysql2 creates the
 * connection, so `connection` is undefined.
 */
export type ConnectionConfigFactory = (
  password: (connection?: Connection) => Promise<string>,
) => ConnectionOptions;

/**
 * What mysql2 needs for a login: verified TLS, and a token that is signed when the server asks.
 *
 * mysql2's `password` is a fixed string, so a plugin for `mysql_clear_password` sends the token. Every version of mysql2
 * accepts such a plugin, while the built-in one is off by default since 3.22. mysql2's own plugins use a secret's password.
 */
export function createConnectionConfig(
  options: ResolvedRdsProxyOptions,
  driverOptions: Mysql2Options,
): ConnectionConfigFactory {
  const { endpoint, tls, connectTimeoutMs, secret } = options;
  // The same object for all connections: mysql2 caches the parsed roots by it.
  const ssl = verifiedSsl(tls);
  const isAddress = builtinModule("node:net").isIP(tls.servername) !== 0;
  const sendToken = createTokenPlugin();
  return (password) => ({
    ...driverOptions,
    maxPreparedStatements: driverOptions.maxPreparedStatements ?? USUAL_PREPARED_STATEMENTS,
    // mysql2 verifies the certificate against `host`, but against "localhost" if it is an IP address. A dot at the end makes
    // mysql2 treat the address as a name, and Node removes the dot.
    host: isAddress ? `${tls.servername}.` : tls.servername,
    port: endpoint.port,
    user: endpoint.user,
    ...(endpoint.database === undefined ? {} : { database: endpoint.database }),
    ssl,
    authPlugins: {
      mysql_clear_password: (login) => () =>
        secret ? refuseClearText() : sendToken(pluginLogin(login), () => password(login.connection)),
    },
    connectTimeout: connectTimeoutMs,
    stream({ config }: { config: ConnectionOptions }) {
      // mysql2 reads `ssl` from this object next. A library may have copied it before the roots were loaded, so each
      // connection gets the original.
      config.ssl = ssl;
      if (secret) logInBy(secret, config);
      return dial(options, driverOptions, secret ? () => password() : undefined);
    },
  });
}

function verifiedSsl(tls: VerifiedTls): SslOptions {
  // Without `verifyIdentity`, mysql2 does not check the certificate's name.
  const ssl: SslOptions = { ...tls.versions, rejectUnauthorized: true, verifyIdentity: true };
  // A getter, so that the roots are read only when the handshake begins.
  return Object.defineProperty(ssl, "ca", { get: () => tls.roots(), enumerable: true });
}

/** A socket with the settings of mysql2's own, which accepts nothing but a greeting before TLS. */
function dial(
  { endpoint, tls }: ResolvedRdsProxyOptions,
  { enableKeepAlive = true, keepAliveInitialDelay }: Mysql2Options,
  readSecret: (() => Promise<unknown>) | undefined,
): DialingSocket {
  const prepare =
    readSecret &&
    (async () => {
      await Promise.all([tls.prepare?.(), named("the secret could not be read", readSecret)]);
    });
  const socket = createDialingSocket(endpoint, prepare ? { prepare } : tls);
  admitOnePacket(socket);
  socket.connect();
  if (enableKeepAlive) socket.setKeepAlive(true, keepAliveInitialDelay);
  return socket.setNoDelay(true);
}

/**
 * Makes mysql2 read user and password from the secret when it answers the server's greeting. They are not stored in the
 * configuration, which the connections of a pool share and keep.
 */
function logInBy(secret: Secret, config: ConnectionOptions): void {
  // mysql2 assigns the password if the server supports a second factor.
  const set = (): void => undefined;
  Object.defineProperties(config, {
    user: { get: () => secret.user, set, enumerable: true, configurable: true },
    password: { get: () => secret.password, set, enumerable: false, configurable: true },
  });
}

/** A secret's password is never sent in clear text. */
async function refuseClearText(): Promise<never> {
  const cause = new RdsProxyError(
    "RDS_PROXY_REFUSED",
    "The server asks for the password in clear text, as RDS Proxy does for IAM tokens: leave out `secret`, " +
      "or turn off IAM authentication for this user at the proxy.",
  );
  return await named("the password was not sent in clear text", () => Promise.reject(cause));
}

/** Signs one token per login, after the server is verified. `connectionOptions()` has no other check of that. */
function createTokenPlugin(): (login: PluginLogin, password: () => Promise<string>) => Promise<Buffer> {
  const signed = new WeakSet<object>();
  return async ({ connection, command }, password) => {
    const isFirst = !signed.has(command);
    signed.add(command);
    return await named("the auth token could not be signed", async () => {
      // Node sets it after it has verified the chain and the name.
      if (internalsOf(connection).stream.authorized !== true) {
        throw new RdsProxyError(
          "RDS_PROXY_TLS",
          "The server asked for a token before it was verified. Nothing was signed.",
        );
      }
      if (!isFirst) {
        throw new RdsProxyError(
          "RDS_PROXY_REFUSED",
          "The server asked for a second token in one login, which was ended.",
        );
      }
      // Followed by a NUL, as the plugin sends it.
      return Buffer.from(`${await password()}\0`);
    });
  };
}

/** Wraps an error, since mysql2 writes its own properties onto the error that it gets. */
async function named<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Error(what, { cause });
  }
}
