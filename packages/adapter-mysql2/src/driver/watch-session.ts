import { type ResolvedRdsProxyOptions, SessionWatch } from "@rds-proxy/core/adapter";
import type { Connection } from "mysql2";
import { type Command, internalsOf, type Packet } from "./mysql2-internals.js";
import { failStart } from "./session-charset.js";

/** What follows a connection's session. */
export interface WatchedSession {
  /** Its state, from the statements that were sent and the server's answers. */
  readonly session: SessionWatch;
  /** To be called when the answer to a command reports that the session has changed, by a procedure for example. */
  changed(command: Command): void;
}

const sessions = new WeakMap<Connection, SessionWatch>();

/** The session of a connection of this library's pool; undefined for another connection. */
export function sessionOf(connection: Connection): SessionWatch | undefined {
  return sessions.get(connection);
}

/**
 * Follows a connection's session.
 *
 * @param hasBackslashEscapes whether the session reads backslashes as escapes, from the server's last answer
 */
export function watchSession(
  connection: Connection,
  options: ResolvedRdsProxyOptions,
  hasBackslashEscapes: () => boolean,
): WatchedSession {
  const internals = internalsOf(connection);
  const { reset, changeUser } = internals;
  const handlePacket = internals.handlePacket.bind(connection);
  /** Commands that waited for their turn when the state was adopted. */
  let ofConnection = new WeakSet<Command>();
  const session = new SessionWatch(options, () => {
    const { _command: current, _commands: waiting } = internals;
    ofConnection = new WeakSet([...(current ? [current] : []), ...waiting.toArray()]);
  });

  sessions.set(connection, session);

  const start = (command: Command): void => {
    const text = textOf(command);
    if (text === undefined) return;
    const statement = {
      text,
      isPrepared: command.sql !== text,
      hasBackslashEscapes: hasBackslashEscapes(),
      isOfConnection: ofConnection.has(command),
    };
    const refusal = statement.isOfConnection ? undefined : session.refusal(statement);
    if (refusal) failStart(connection, command, refusal);
    else session.sent(statement);
  };
  /** Wraps a callback: calls `done` first if the server has executed the command. */
  const noting =
    (callback: unknown, done: () => void) =>
    (error: Error | null, ...rest: unknown[]): void => {
      if (!error) done();
      if (typeof callback === "function") callback(error, ...rest);
    };
  Object.assign(connection, {
    // Every row passes here, so nothing is allocated.
    handlePacket(packet?: Packet): unknown {
      if (packet === undefined) {
        const { _command: command } = internals;
        if (command && !command.next) start(command);
      }
      return handlePacket(packet);
    },
    changeUser(given: unknown, callback?: unknown): unknown {
      const isOptions = typeof given !== "function";
      const done = noting(isOptions ? callback : given, () => session.changedUser());
      return Reflect.apply(changeUser, connection, isOptions ? [given, done] : [done]);
    },
    ...(reset && {
      reset: (callback?: unknown): unknown =>
        Reflect.apply(reset, connection, [noting(callback, () => session.reset())]),
    }),
  });

  return {
    session,
    changed(command) {
      if (!ofConnection.has(command)) session.changed();
    },
  };
}

/** The statement that a command is about to send; undefined for a command without one. */
function textOf(command: Command): string | undefined {
  const { sql, query } = command;
  if (typeof query === "string") return query;
  // A prepared statement was seen when it was prepared.
  return typeof sql === "string" && !("statement" in command) ? sql : undefined;
}
