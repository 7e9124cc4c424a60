import type { SecureContext } from "node:tls";
import type { ArmedFaults } from "./armed-faults.js";
import type { AwsCredentials } from "./aws-credentials.js";
import type { BackendSlots } from "./backend-slots.js";
import type { ClientSocket } from "./client-socket.js";
import type { KillManner } from "./faults.js";
import type { MetricCounters } from "./metrics.js";
import type { ResolvedOptions } from "./options.js";
import type { RecordedMessage } from "./recorded-message.js";

/** What all client sessions of one proxy share. */
export interface ProxyState {
  readonly options: ResolvedOptions;
  readonly secureContext: SecureContext;
  /** Every `host:port` that tokens may be signed for; known once the port is. */
  endpoints: ReadonlySet<string>;
  readonly slots: BackendSlots;
  readonly faults: ArmedFaults;
  readonly counters: MetricCounters;
  /** Where messages are kept; `undefined` when nobody asked for them. */
  readonly recording: RecordedMessage[] | undefined;
  /** The access keys that count; replaced as a whole. */
  credentials: readonly AwsCredentials[];
}

/** One client from its accepted connection to the end, whatever the engine. */
export interface ClientSession {
  /** Resolves when its sockets, the client's and the database's, are closed. Never rejects. */
  readonly ended: Promise<void>;
  /** Ends it if it is logged in, and says whether it was. */
  kill(manner: KillManner): boolean;
  /** Goes silent if it is logged in, and says whether it was. */
  silence(): boolean;
  /** Ends it for good, with the database session and a statement that runs there. */
  stop(): void;
}

/** Speaks an engine's protocol with a client. `id` counts connections from 1. */
export type ServeClient = (client: ClientSocket, id: number, proxy: ProxyState) => ClientSession;
