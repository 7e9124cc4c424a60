import type { ClientView } from "./client/client-view.js";
import type { RecordedMessage } from "./client/recorded-message.js";
import type { Faults } from "./faults/faults.js";
import type { Metrics } from "./metrics.js";
import type { AwsCredentials } from "./options/aws-credentials.js";
import type { Pin } from "./pinning/pin.js";

/** A local RDS Proxy that runs. */
export interface LocalProxy {
  /** The name to connect to. */
  readonly host: "localhost";
  /** The TCP port that it listens on. */
  readonly port: number;
  /** Both with engine, user and database: `postgres://app@localhost:5432/shop`. A password or token is not in it. */
  readonly url: string;
  /** PEM of its own certificate authority, for `ssl.ca` of a driver. */
  readonly ca: string;
  /** The same as a file, for NODE_EXTRA_CA_CERTS. Removed by `close`. */
  readonly caFile: string;
  /**
   * What a client's process needs: RDS_PROXY_ENDPOINT (`localhost:port`), RDS_PROXY_USER, RDS_PROXY_DATABASE,
   * AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (with a temporary key only) and
   * NODE_EXTRA_CA_CERTS (which Node reads at its start only). The key is the first of those that count now.
   */
  readonly environment: Readonly<Record<string, string>>;
  /** What can be made to go wrong. */
  readonly faults: Faults;
  /** The counts as they stand now. */
  metrics(): Metrics;
  /** The clients that are connected now, in the order in which they came. */
  clients(): readonly ClientView[];
  /** The latest 1,000 sessions that were pinned, in that order, with what did it. */
  pins(): readonly Pin[];
  /** What clients sent after login, in order of arrival; empty unless `recordMessages` was set. */
  messages(): readonly RecordedMessage[];
  /** Replaces the access keys that count. Sessions that are logged in go on. */
  setCredentials(credentials: readonly AwsCredentials[]): void;
  /** Replaces the access keys by one new temporary key, and returns it. */
  rotateCredentials(): AwsCredentials;
  /**
   * Ends every session and waits until all sockets are closed, those to the database included; a statement that still
   * runs there is cancelled. Later calls wait for the same end.
   */
  close(): Promise<void>;
}
