import type { SecureContext } from "node:tls";
import type { DatabaseState } from "./backend/database-state.js";
import type { RecordedMessage } from "./client/recorded-message.js";
import type { ArmedFaults } from "./faults/armed-faults.js";
import type { LoginLimits } from "./login/login-limits.js";
import type { MetricCounters } from "./metrics.js";
import type { AwsCredentials } from "./options/aws-credentials.js";
import type { ResolvedOptions } from "./options/options.js";
import type { Pin } from "./pinning/pin.js";
import type { RecentEntries } from "./recent-entries.js";
import type { RefusedClient } from "./sessions/refused-client.js";

/** What all client sessions of one proxy share. */
export interface ProxyState {
  readonly options: ResolvedOptions;
  readonly secureContext: SecureContext;
  /** Every `host:port` for which a token may be signed; empty until the port is known. */
  endpoints: ReadonlySet<string>;
  readonly limits: LoginLimits;
  readonly faults: ArmedFaults;
  readonly counters: MetricCounters;
  readonly database: DatabaseState;
  /** The sessions that were pinned. */
  readonly pins: RecentEntries<Pin>;
  /** The clients that were refused. */
  readonly refusals: RecentEntries<RefusedClient>;
  /** Recorded messages; `undefined` without `recordMessages`. */
  readonly recording: RecordedMessage[] | undefined;
  /** The valid access keys; replaced as a whole. */
  credentials: readonly AwsCredentials[];
}
