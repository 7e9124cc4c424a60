import { RdsProxyError } from "@rds-proxy/core";
import { createDialingSocket, type ResolvedRdsProxyOptions, type VerifiedTls } from "@rds-proxy/core/adapter";
import { builtinModule, type DialingSocket, type Secret } from "@rds-proxy/core/internal";
import type { Connection, ConnectionOptions, SslOptions } from "mysql2";
import { admitOnePacket } from "./clear-text-gate.js";
import type { Mysql2Options } from "./driver-options.js";
import { internalsOf, type PluginLogin, pluginLogin } from "./mysql2-internals.js";

/**
 * mysql2 lays out its cache in advance for each connection. Its own 16,000 places cost a cold start 2 ms and 500 kB, and
 * behind RDS Proxy a prepared statement pins the session, so that few have many.
 */
const USUAL_PREPARED_STATEMENTS = 250;

/**
 * Makes the configuration of one connection, or of all connections of a pool, from the callback that signs a token or
 * reads the secret. A token is signed for the connection whose server asks for it; a secret is read while mysql2 makes
 * the connection, which is undefined then.
 */
export type ConnectionConfigFactory = (
  password: (connection?: Connection) => Promise<string>,
) => ConnectionOptions;

/**
 * What mysql2 needs for a login: verified TLS, and a token that is signed when the server asks.
 *
 * mysql2's `password` is a fixed string, so the token goes through a plugin of our own for `mysql_clear_password`,
 * which every version of mysql2 takes, while the built-in one is off by default since 3.22. The password of a secret is
 * left to mysql2's own plugins, which prove it without sending it where the server lets them.
 */
export function createConnectionConfig(
  options: ResolvedRdsProxyOptions,
  driverOptions: Mysql2Options,
): ConnectionConfigFactory {
  const { endpoint, tls, connectTimeoutMs, secret } = options;
  // One object for all connections: mysql2 keeps the parsed roots beside it.
  const ssl = verifiedSsl(tls);
  const isAddress = builtinModule("node:net").isIP(tls.servername) !== 0;
  const sendToken = createTokenPlugin();
  return (password) => ({
    ...driverOptions,
    maxPreparedStatements: driverOptions.maxPreparedStatements ?? USUAL_PREPARED_STATEMENTS,
    // mysql2 verifies the certificate against `host`; but an IP address it keeps to itself, and "localhost" is looked
    // for instead. With a dot at its end it passes for a name, and Node takes the dot away again.
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
      // What mysql2 is about to read `ssl` from. Roots that have to be loaded are missing in a copy that a library made
      // before, so each connection gets the original.
      config.ssl = ssl;
      if (secret) logInBy(secret, config);
      return dial(options, driverOptions, secret ? () => password() : undefined);
    },
  });
}

function verifiedSsl(tls: VerifiedTls): SslOptions {
  // Without `verifyIdentity`, mysql2 does not look at the name in the certificate.
  const ssl: SslOptions = { ...tls.versions, rejectUnauthorized: true, verifyIdentity: true };
  // A getter, because the roots are only read when the handshake begins.
  return Object.defineProperty(ssl, "ca", { get: () => tls.roots(), enumerable: true });
}

/** A socket that is set up as mysql2's own, and lets nothing but a greeting in before TLS. */
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
 * Has mysql2 read user and password from the secret when it answers the server's greeting. They are no values of the
 * configuration, which connections of a pool share and keep.
 */
function logInBy(secret: Secret, config: ConnectionOptions): void {
  // With a second factor in sight, mysql2 writes the password back.
  const set = (): void => undefined;
  Object.defineProperties(config, {
    user: { get: () => secret.user, set, enumerable: true, configurable: true },
    password: { get: () => secret.password, set, enumerable: false, configurable: true },
  });
}

/** Servers that do not ask for a token prove passwords by other plugins. */
async function refuseClearText(): Promise<never> {
  const cause = new RdsProxyError(
    "RDS_PROXY_REFUSED",
    "The server asks for the password in clear text, as RDS Proxy does where it takes an IAM token: leave out `secret`, " +
      "or switch IAM authentication off for this user of the proxy.",
  );
  return await named("the password was not sent in clear text", () => Promise.reject(cause));
}

/** Signs one token in a login, once the server is verified: also where only these options guard a connection. */
function createTokenPlugin(): (login: PluginLogin, password: () => Promise<string>) => Promise<Buffer> {
  const signed = new WeakSet<object>();
  return async ({ connection, command }, password) => {
    const isFirst = !signed.has(command);
    signed.add(command);
    return await named("the auth token could not be signed", async () => {
      // Node sets it after the chain and the name were verified.
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

/** Names what failed. mysql2 writes properties of its own onto an error that it gets, which must not be the original. */
async function named<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Error(what, { cause });
  }
}
