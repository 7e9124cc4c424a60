import { type ResolvedRdsProxyOptions, SessionWatch } from "@rds-proxy/core/adapter";
import type pg from "pg";
import { type ConnectionInternals, internalsOf, settingsOf } from "./pg-internals.js";
import type { QueryQueue } from "./query-queue.js";

/** What follows a client's session. */
export interface WatchedSession {
  /** Its state, from the statements that were sent and the server's answers. */
  readonly session: SessionWatch;
  /** Why a query must not be sent; undefined if it may be sent. */
  refusalOf(query: unknown): Error | undefined;
}

/**
 * Follows a client's session.
 *
 * @param queue returns the client's queue; a query that waits there when the state is adopted belongs to the connection
 */
export function watchSession(
  client: pg.Client,
  options: ResolvedRdsProxyOptions,
  queue: () => Pick<QueryQueue, "isSendingMarked" | "markWaiting">,
): WatchedSession {
  const session = new SessionWatch(options, () => queue().markWaiting());
  const { connection } = client;
  const { query, parse, bind } = internalsOf(connection);
  let transactionStatus = "I";
  let hasBackslashEscapes = false;
  /** How many statements the current answer has completed, and the last one's command tag. */
  let completed = 0;
  let lastTag: string | undefined;
  /** The texts of named statements, which are parsed once and run again by their names. */
  const named = new Map<string | undefined, string>();
  /** The name that was parsed last, for the bind that follows. */
  let parsedName: string | undefined;

  const note = (text: string, isPrepared: boolean): void => {
    const isInTransaction = transactionStatus !== "I";
    const isOfConnection = queue().isSendingMarked;
    session.sent({ text, isPrepared, isInTransaction, hasBackslashEscapes, isOfConnection });
  };
  Object.assign(connection, {
    query(text: string): unknown {
      note(text, false);
      return Reflect.apply(query, connection, [text]);
    },
    parse(...args: Parameters<ConnectionInternals["parse"]>): unknown {
      const [{ text, name }] = args;
      note(text, Boolean(name));
      named.set(name, text);
      parsedName = name;
      return Reflect.apply(parse, connection, args);
    },
    bind(...args: Parameters<ConnectionInternals["bind"]>): unknown {
      const [{ statement: name }] = args;
      const text = name === parsedName ? undefined : named.get(name);
      if (text !== undefined) note(text, true);
      parsedName = undefined;
      return Reflect.apply(bind, connection, args);
    },
  });
  connection.on("commandComplete", ({ text }: { text: string }) => {
    completed++;
    lastTag = text;
    // Another transaction may begin before the server is ready: COMMIT AND CHAIN, or BEGIN in the same text.
    if (text === "COMMIT") session.ended("commit");
  });
  connection.on("readyForQuery", ({ status }: { status: string }) => {
    if (status === "I" && transactionStatus !== "I") {
      // Each of several statements in one text may have ended a transaction; only the last one's tag is known.
      session.ended(completed === 1 && lastTag === "ROLLBACK" ? "rollback" : "commit");
    }
    transactionStatus = status;
    completed = 0;
  });
  connection.on("parameterStatus", (message: { parameterName: string; parameterValue: string }) => {
    const { parameterName: name, parameterValue: value } = message;
    if (name === "standard_conforming_strings") hasBackslashEscapes = value === "off";
    // Only a failover changes in_hot_standby, not a statement.
    if (name !== "in_hot_standby") session.parameterChanged(name, value);
  });

  return {
    session,
    refusalOf(sent) {
      const text = textOf(sent);
      if (text === undefined) return undefined;
      return session.refusal({ text, isPrepared: isNamed(sent), hasBackslashEscapes });
    },
  };
}

/** The text of an argument of `query()`: a string, a configuration, a cursor or a stream. */
function textOf(query: unknown): string | undefined {
  if (typeof query === "string") return query;
  const settings = settingsOf(query);
  if (typeof settings?.text === "string") return settings.text;
  return settings?.cursor === undefined ? undefined : textOf(settings.cursor);
}

function isNamed(query: unknown): boolean {
  return Boolean(settingsOf(query)?.name);
}
