import type { SecureContext } from "node:tls";
import type { DatabaseState } from "./backend/database-state.js";
import type { RecordedMessage } from "./client/recorded-message.js";
import type { ArmedFaults } from "./faults/armed-faults.js";
import type { LoginLimits } from "./login/login-limits.js";
import type { MetricCounters } from "./metrics.js";
import type { AwsCredentials } from "./options/aws-credentials.js";
import type { ResolvedOptions } from "./options/options.js";
import type { PinLog } from "./pinning/pin-log.js";

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
  readonly pins: PinLog;
  /** Recorded messages; `undefined` without `recordMessages`. */
  readonly recording: RecordedMessage[] | undefined;
  /** The valid access keys; replaced as a whole. */
  credentials: readonly AwsCredentials[];
}
