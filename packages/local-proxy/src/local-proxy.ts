import type { DatabaseView } from "./backend/database-state.js";
import type { ClientView } from "./client/client-view.js";
import type { RecordedMessage } from "./client/recorded-message.js";
import type { Faults } from "./faults/faults.js";
import type { Metrics } from "./metrics.js";
import type { AwsCredentials } from "./options/aws-credentials.js";
import type { Pin } from "./pinning/pin.js";
import type { RefusedClient } from "./sessions/refused-client.js";

/** A running local RDS Proxy. */
export interface LocalProxy {
  /** The host name to connect to. */
  readonly host: "localhost";
  /** The TCP port. */
  readonly port: number;
  /** The address with engine, user and database, without a password: `postgres://app@localhost:5432/shop`. */
  readonly url: string;
  /** Its certificate authority in PEM, for a driver's `ssl.ca`. */
  readonly ca: string;
  /** Path of a file with {@link ca}, for NODE_EXTRA_CA_CERTS. `close` removes it. */
  readonly caFile: string;
  /**
   * Environment variables for a client's process: RDS_PROXY_ENDPOINT and RDS_PROXY_READER_ENDPOINT (both `localhost:port`),
   * RDS_PROXY_USER, RDS_PROXY_DATABASE, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (only for a temporary
   * key) and NODE_EXTRA_CA_CERTS (which Node reads only at start). The key is the first of the current `credentials`. A
   * user who logs in with a password has PGPASSWORD or MYSQL_PWD, too.
   */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * The same for a client in this process, where NODE_EXTRA_CA_CERTS comes too late:
   * `rdsProxy({ ...proxy.connectionOptions })`, and `createPool` alike.
   */
  readonly connectionOptions: {
    readonly host: "localhost";
    readonly port: number;
    readonly user: string;
    readonly database?: string;
    readonly region: string;
    readonly credentials: AwsCredentials;
    readonly ssl: { readonly ca: string };
  };
  /** Makes connections and statements fail on demand. */
  readonly faults: Faults;
  /** The current values of all metrics. */
  metrics(): Metrics;
  /** Whether the database could be used the last time that the proxy tried, and why not. */
  database(): DatabaseView;
  /** Logs in at the database once, as `user`, and resolves with what that shows. Does not reject. */
  checkDatabase(): Promise<DatabaseView>;
  /** The connected clients, in the order in which they connected. */
  clients(): readonly ClientView[];
  /** The latest 1,000 pinned sessions in order, each with the cause. */
  pins(): readonly Pin[];
  /** The latest 1,000 refused clients in order, each with the reason. */
  refusals(): readonly RefusedClient[];
  /** The messages that clients sent after login, in order of arrival; empty without `recordMessages`. */
  messages(): readonly RecordedMessage[];
  /** Replaces the valid access keys. Logged-in sessions go on. */
  setCredentials(credentials: readonly AwsCredentials[]): void;
  /** Replaces the access keys by one new temporary key, and returns it. */
  rotateCredentials(): AwsCredentials;
  /**
   * Ends every session, cancels statements that still run, and resolves when all sockets are closed, those to the
   * database included. Later calls return the same promise.
   */
  close(): Promise<void>;
}
