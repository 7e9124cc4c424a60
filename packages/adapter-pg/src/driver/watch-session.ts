import { type ResolvedRdsProxyOptions, type SessionState, SessionWatch } from "@rds-proxy/core/adapter";
import type pg from "pg";
import { type ConnectionInternals, internalsOf } from "./pg-internals.js";

/** The state of a client's session, from the statements that were sent and the server's answers. */
export interface WatchedSession extends SessionState {
  /** Why a query must not be sent; undefined if it may be sent. */
  refusal(query: unknown): Error | undefined;
}

/**
 * Follows a client's session.
 *
 * @param waiting returns how many queries are queued
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
  /** How many statements the current answer has completed, and the last one's command tag. */
  let completed = 0;
  let lastTag = "";
  /** How many of the next statements were queued when the state was adopted. */
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
    // Another transaction may begin before the server is ready: COMMIT AND CHAIN, or BEGIN in the same text.
    if (text === "COMMIT") watch.ended("commit");
  });
  connection.on("readyForQuery", ({ status }: { status: string }) => {
    if (status === "I" && transactionStatus !== "I") {
      // Each of several statements in one text may have ended a transaction; only the last one's tag is known.
      watch.ended(completed === 1 && lastTag === "ROLLBACK" ? "rollback" : "commit");
    }
    transactionStatus = status;
    completed = 0;
  });
  connection.on("parameterStatus", (message: { parameterName: string; parameterValue: string }) => {
    const { parameterName: name, parameterValue: value } = message;
    if (name === "standard_conforming_strings") hasBackslashEscapes = value === "off";
    // Only a failover changes in_hot_standby, not a statement.
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

/** The text of an argument of `query()`: a string, a configuration, a cursor or a stream. */
function textOf(query: unknown): string | undefined {
  if (typeof query === "string") return query;
  if (typeof query !== "object" || query === null) return undefined;
  if ("text" in query && typeof query.text === "string") return query.text;
  return "cursor" in query ? textOf(query.cursor) : undefined;
}

function isNamed(query: unknown): boolean {
  return typeof query === "object" && query !== null && "name" in query && Boolean(query.name);
}
