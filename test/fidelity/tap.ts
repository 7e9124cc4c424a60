import { once } from "node:events";
import { createServer, connect as dial, type Socket } from "node:net";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";

/** A statement or command that a client sent. */
export interface SentMessage {
  readonly type: string;
  readonly text?: string | undefined;
  readonly statementName?: string | undefined;
}

/** A relay in front of a server, which notes what clients send after their login. TLS cannot be read. */
export interface Tap extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  messages(): readonly SentMessage[];
}

/** Starts one for each program, so that what it notes is the program's. */
export async function startTap(engine: "postgres" | "mysql", { host, port }: DatabaseServer): Promise<Tap> {
  const messages: SentMessage[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = dial(port, host);
    const read = engine === "postgres" ? postgresReader(messages) : mysqlReader(messages);
    client.on("data", read);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // What breaks on one side ends the other; the program sees it there.
      socket.on("error", () => undefined);
      socket.once("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the relay has no port");
  return {
    host: "127.0.0.1",
    port: address.port,
    messages: () => messages,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

const POSTGRES_TYPES: Readonly<Record<string, string>> = {
  Q: "Query",
  P: "Parse",
  B: "Bind",
  D: "Describe",
  E: "Execute",
  C: "Close",
  S: "Sync",
  H: "Flush",
  F: "FunctionCall",
  d: "CopyData",
  c: "CopyDone",
  f: "CopyFail",
  X: "Terminate",
};

function postgresReader(messages: SentMessage[]): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let isStarted = false;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (true) {
      const header = isStarted ? 1 : 0;
      if (rest.length < header + 4) return;
      const length = header + rest.readUInt32BE(header);
      if (rest.length < length) return;
      if (isStarted) note(String.fromCharCode(rest.readUInt8(0)), rest.subarray(5, length));
      isStarted = true;
      rest = rest.subarray(length);
    }
  };

  function note(letter: string, body: Buffer): void {
    const type = POSTGRES_TYPES[letter];
    // The login's.
    if (type === undefined) return;
    const [first, second] = body.toString("utf8").split("\0");
    if (letter === "Q") messages.push({ type, text: first });
    else if (letter === "P") messages.push({ type, statementName: first, text: second });
    else messages.push({ type });
  }
}

const MYSQL_TYPES: Readonly<Record<number, string>> = {
  1: "COM_QUIT",
  2: "COM_INIT_DB",
  3: "COM_QUERY",
  9: "COM_STATISTICS",
  14: "COM_PING",
  17: "COM_CHANGE_USER",
  22: "COM_STMT_PREPARE",
  23: "COM_STMT_EXECUTE",
  24: "COM_STMT_SEND_LONG_DATA",
  25: "COM_STMT_CLOSE",
  26: "COM_STMT_RESET",
  28: "COM_STMT_FETCH",
  31: "COM_RESET_CONNECTION",
};

function mysqlReader(messages: SentMessage[]): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4) {
      const length = 4 + rest.readUIntLE(0, 3);
      if (rest.length < length) return;
      // A command begins a sequence of packets; what a login sends continues one.
      if (rest.readUInt8(3) === 0) note(rest.subarray(4, length));
      rest = rest.subarray(length);
    }
  };

  function note(command: Buffer): void {
    const code = command.readUInt8(0);
    const type = MYSQL_TYPES[code] ?? `command ${code}`;
    // Where the server takes query attributes, COM_QUERY begins with their number, 0, and that of their sets, 1.
    const start = code === 3 && command[1] === 0 && command[2] === 1 ? 3 : 1;
    if (code === 3 || code === 22) messages.push({ type, text: command.subarray(start).toString("utf8") });
    else messages.push({ type });
  }
}
