import { type Command, internalsOf } from "@rds-proxy/adapter-mysql2/driver";
import type { Connection } from "mysql2";

/**
 * Makes the streams of a mysql2 connection fail when the connection is lost. mysql2 reports that to no streamed query, and
 * its reader would wait forever.
 */
export function failStreams(connection: Connection): void {
  const internals = internalsOf(connection);
  const query = internals.query.bind(connection);
  internals.query = (...args) => {
    const command = query(...args);
    // A query without a callback is streamed.
    if (!args.some((argument) => typeof argument === "function")) failStream(connection, command);
    return command;
  };
}

/** The same for one streamed query. */
export function failStream(connection: Connection, command: Command): void {
  const { stream: socket } = internalsOf(connection);
  const stream = command.stream.bind(command);
  command.stream = (...args) => {
    const rows = stream(...args);
    const fail = (): void => {
      rows.destroy(socket.errored ?? new Error("The connection was closed while rows were read."));
    };
    socket.once("close", fail);
    rows.once("close", () => socket.off("close", fail));
    return rows;
  };
}
