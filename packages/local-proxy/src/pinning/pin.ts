import type { MysqlPinRule } from "./mysql-pin-rules.js";
import type { PostgresPinRule } from "./postgres-pin-rules.js";

/** A rule of either engine. */
export type PinRule = PostgresPinRule | MysqlPinRule;

/** Why a message pins its session. */
export interface PinCause {
  readonly rule: PinRule;
  /** The reason in the log. */
  readonly reason: string;
  /** The statement without its values; `undefined` without a statement. */
  readonly digest: string | undefined;
}

/** A pinned session. */
export interface Pin extends PinCause {
  /** Number of the client connection, as in the log and in recorded messages. */
  readonly connection: number;
  /** Number of the database connection that the session keeps, from 1. */
  readonly databaseConnection: number;
}

/** The line of RDS Proxy's log, without its prefix. */
export function describePin({ databaseConnection, reason, digest }: Pin): string {
  const statement = digest === undefined ? "" : ` Digest: "${digest}".`;
  return `The client session was pinned to the database connection [dbConnection=${databaseConnection}] for the remainder of the session. The proxy can't reuse this connection until the session ends. Reason: ${reason}${statement}`;
}
