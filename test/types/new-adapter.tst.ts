import type { RdsProxyError, RdsProxyOptions } from "@rds-proxy/core";
import {
  type Adapter,
  type ConnectAttempt,
  createConnectionSlots,
  createRevocableView,
  type Deadline,
  type Driver,
  deriveAdapter,
  Login,
  leaseEnded,
  type ResolvedRdsProxyOptions,
  type RevocableView,
  resolveOptions,
  type SessionWatch,
  type VerifiedTls,
  within,
} from "@rds-proxy/core/adapter";
import { rdsProxy } from "@rds-proxy/middleware";

// An adapter for another driver needs `@rds-proxy/core/adapter` and, for errors and options, `@rds-proxy/core`.

interface Client {
  status: "idle" | "busy" | "transaction" | "closed";
  connectedAt: number;
  lastUsedAt: number;
  query(text: string): Promise<readonly unknown[]>;
  ref(): void;
  unref(): void;
  close(): Promise<void>;
  destroy(): void;
  /** To which it passes each statement that it sends. */
  readonly session: SessionWatch;
}

declare function openClient(config: {
  host: string;
  port: number;
  user: string;
  database: string | undefined;
  password: () => Promise<string>;
  tls: VerifiedTls;
}): Promise<Client>;

const tooLate = (): RdsProxyError => leaseEnded();

function clientDriver(options: ResolvedRdsProxyOptions): Driver<Client, Client> {
  const { endpoint, tls } = options;
  return {
    async connect({ deadline }: ConnectAttempt) {
      const login = new Login(options);
      const { host, port, user, database } = endpoint;
      return await within(
        openClient({ host, port, user, database, tls, password: () => login.password() }),
        deadline,
        tooLate,
      );
    },
    stateOf: (client) => (client.status === "closed" ? "unusable" : client.status),
    connectedAt: (client) => client.connectedAt,
    lastUsedAt: (client) => client.lastUsedAt,
    isInTurnOfLastUse: () => false,
    sessionOf: (client) => client.session,
    async ping(client, deadline: Deadline) {
      await within(client.query("select 1"), deadline, tooLate);
    },
    async rollback(client, deadline) {
      await within(client.query("rollback"), deadline, tooLate);
    },
    createView: (client): RevocableView<Client> =>
      createRevocableView(client, {
        replacementOf: () => undefined,
        refuse() {
          throw leaseEnded();
        },
        cleanUp: () => undefined,
      }),
    ref: (client) => client.ref(),
    unref: (client) => client.unref(),
    destroy: (client) => client.destroy(),
    end: (client) => client.close(),
  };
}

const adapter: Adapter<Client> = {
  engine: "postgres",
  create: (options) => createConnectionSlots(clientDriver(options), options),
};

/** By itself, without Middy. */
export function createResource(options: RdsProxyOptions): ReturnType<typeof adapter.create> {
  return adapter.create(resolveOptions(options, adapter.engine));
}

const middleware = rdsProxy({
  adapter: deriveAdapter(adapter, (db) => ({ db: { rows: db.query }, revoke: () => undefined })),
});
middleware satisfies { warmUp(): Promise<void> };
