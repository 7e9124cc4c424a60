import type { Duplex } from "node:stream";
import { builtinModule } from "@rds-proxy/core";

/**
 * From now on a stream of this mysql2 connection fails when the connection is lost. mysql2 tells a query that is
 * streamed nothing of it, and whoever reads would wait for ever.
 */
export function failStreams(connection: object): void {
  const query: (...args: unknown[]) => unknown = Reflect.get(connection, "query");
  Reflect.set(connection, "query", (...args: unknown[]) => {
    const command = Reflect.apply(query, connection, args);
    const socket: unknown = Reflect.get(connection, "stream");
    if (
      !args.some((argument) => typeof argument === "function") &&
      socket instanceof builtinModule("node:stream").Duplex
    ) {
      failWith(Object(command), socket);
    }
    return command;
  });
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
