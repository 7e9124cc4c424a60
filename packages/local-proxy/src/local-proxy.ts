import type { ClientView } from "./client/client-view.js";
import type { RecordedMessage } from "./client/recorded-message.js";
import type { Faults } from "./faults/faults.js";
import type { Metrics } from "./metrics.js";
import type { AwsCredentials } from "./options/aws-credentials.js";
import type { Pin } from "./pinning/pin.js";

/** A running local RDS Proxy. */
export interface LocalProxy {
  /** The host name to connect to. */
  readonly host: "localhost";
  /** The TCP port on 127.0.0.1. */
  readonly port: number;
  /** The address with engine, user and database, without a password: `postgres://app@localhost:5432/shop`. */
  readonly url: string;
  /** Its certificate authority in PEM, for a driver's `ssl.ca`. */
  readonly ca: string;
  /** Path of a file with {@link ca}, for NODE_EXTRA_CA_CERTS. `close` removes it. */
  readonly caFile: string;
  /**
   * Environment variables for a client's process: RDS_PROXY_ENDPOINT (`localhost:port`), RDS_PROXY_USER,
   * RDS_PROXY_DATABASE, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (only for a temporary
   * key) and NODE_EXTRA_CA_CERTS (which Node reads only at start). The key is the first of the current `credentials`.
   */
  readonly environment: Readonly<Record<string, string>>;
  /** Makes connections and statements fail on demand. */
  readonly faults: Faults;
  /** The current values of all metrics. */
  metrics(): Metrics;
  /** The connected clients, in the order in which they connected. */
  clients(): readonly ClientView[];
  /** The latest 1,000 pinned sessions in order, each with the cause. */
  pins(): readonly Pin[];
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
