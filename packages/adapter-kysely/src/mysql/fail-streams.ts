import type { Duplex } from "node:stream";
import { builtinModule } from "@rds-proxy/core/internal";

/**
 * From now on a stream of this mysql2 connection fails when the connection is lost. mysql2 tells a query that is
 * streamed nothing of it, and whoever reads would wait for ever.
 */
export function failStreams(connection: object): void {
  const query: (...args: unknown[]) => unknown = Reflect.get(connection, "query");
  Reflect.set(connection, "query", (...args: unknown[]) => {
    const command = Reflect.apply(query, connection, args);
    if (!args.some((argument) => typeof argument === "function")) failStream(connection, Object(command));
    return command;
  });
}

/** The same for one query that has no callback, and so is streamed. */
export function failStream(connection: object, command: object): void {
  const socket: unknown = Reflect.get(connection, "stream");
  if (socket instanceof builtinModule("node:stream").Duplex) failWith(command, socket);
}

function failWith(command: object, socket: Duplex): void {
  const stream: (...args: unknown[]) => unknown = Reflect.get(command, "stream");
  Reflect.set(command, "stream", (...args: unknown[]) => {
    const rows = Reflect.apply(stream, command, args);
    if (!(rows instanceof builtinModule("node:stream").Readable)) return rows;
    const fail = (): void => {
      rows.destroy(socket.errored ?? new Error("The connection was closed while rows were read."));
    };
    socket.once("close", fail);
    rows.once("close", () => socket.off("close", fail));
    return rows;
  });
}
