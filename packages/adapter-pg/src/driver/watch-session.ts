import { type ResolvedRdsProxyOptions, type SessionState, SessionWatch } from "@rds-proxy/core/adapter";
import type pg from "pg";
import { type ConnectionInternals, internalsOf } from "./pg-internals.js";

/** A client's session, by all that was sent and by what the server said. */
export interface WatchedSession extends SessionState {
  /** Why a query must not be sent; undefined where it may be. */
  refusal(query: unknown): Error | undefined;
}

/**
 * Follows a client's session.
 *
 * @param waiting how many queries wait for their turn
 */
export function watchSession(
  client: pg.Client,
  options: ResolvedRdsProxyOptions,
  waiting: () => number,
): WatchedSession {
  const watch = new SessionWatch(options);
  const { connection } = client;
  const { query, parse } = internalsOf(connection);
  let transactionStatus = "I";
  let hasBackslashEscapes = false;
  /** Of the statements that the present answer completed: their number, and the last one's command tag. */
  let completed = 0;
  let lastTag = "";
  /** How many of the next statements waited for their turn when the state was adopted. */
  let ofConnection = 0;

  const note = (text: string, isPrepared: boolean): void => {
    const isInTransaction = transactionStatus !== "I";
    watch.sent({ text, isPrepared, isInTransaction, hasBackslashEscapes, isOfConnection: ofConnection > 0 });
    if (ofConnection > 0) ofConnection--;
  };
  Object.assign(connection, {
    query(text: string): unknown {
      note(text, false);
      return Reflect.apply(query, connection, [text]);
    },
    parse(...args: Parameters<ConnectionInternals["parse"]>): unknown {
      const [{ text, name }] = args;
      note(text, Boolean(name));
      return Reflect.apply(parse, connection, args);
    },
  });
  connection.on("commandComplete", ({ text }: { text: string }) => {
    completed++;
    lastTag = text;
  });
  connection.on("readyForQuery", ({ status }: { status: string }) => {
    if (status === "I" && transactionStatus !== "I") {
      // Of several statements in one text, each may have ended a transaction of its own.
      watch.ended(completed === 1 && lastTag === "ROLLBACK" ? "rollback" : "commit");
    }
    transactionStatus = status;
    completed = 0;
  });
  connection.on("parameterStatus", (message: { parameterName: string; parameterValue: string }) => {
    const { parameterName: name, parameterValue: value } = message;
    if (name === "standard_conforming_strings") hasBackslashEscapes = value === "off";
    // A failover changes it, and no statement.
    if (name !== "in_hot_standby") watch.parameterChanged(name, value);
  });

  return {
    get state() {
      return watch.state;
    },
    get isRead() {
      return watch.isRead;
    },
    untilRead: () => watch.untilRead(),
    adopt() {
      ofConnection = waiting();
      watch.adopt();
    },
    refusal(sent) {
      const text = textOf(sent);
      if (text === undefined) return undefined;
      return watch.refusal({ text, isPrepared: isNamed(sent), hasBackslashEscapes });
    },
  };
}

/** The text of whatever `query()` takes: a string, a configuration, a cursor or a stream. */
function textOf(query: unknown): string | undefined {
  if (typeof query === "string") return query;
  if (typeof query !== "object" || query === null) return undefined;
  if ("text" in query && typeof query.text === "string") return query.text;
  return "cursor" in query ? textOf(query.cursor) : undefined;
}

function isNamed(query: unknown): boolean {
  return typeof query === "object" && query !== null && "name" in query && Boolean(query.name);
}
