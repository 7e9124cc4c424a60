import type { SecureContext } from "node:tls";
import type { ArmedFaults } from "./armed-faults.js";
import type { AwsCredentials } from "./aws-credentials.js";
import type { LoginLimits } from "./login-limits.js";
import type { MetricCounters } from "./metrics.js";
import type { ResolvedOptions } from "./options.js";
import type { PinLog } from "./pin-log.js";
import type { RecordedMessage } from "./recorded-message.js";

/** What all client sessions of one proxy share. */
export interface ProxyState {
  readonly options: ResolvedOptions;
  readonly secureContext: SecureContext;
  /** Every `host:port` that tokens may be signed for; known once the port is. */
  endpoints: ReadonlySet<string>;
  readonly limits: LoginLimits;
  readonly faults: ArmedFaults;
  readonly counters: MetricCounters;
  /** The sessions that were pinned. */
  readonly pins: PinLog;
  /** Where messages are kept; `undefined` when nobody asked for them. */
  readonly recording: RecordedMessage[] | undefined;
  /** The access keys that count; replaced as a whole. */
  credentials: readonly AwsCredentials[];
}
