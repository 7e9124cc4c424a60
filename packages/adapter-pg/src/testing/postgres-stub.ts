import { createServer } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { createCertificates, type TestCertificates } from "../../../core/src/testing/certificates.js";
import { listenUntilTestFinished } from "../../../local-proxy/src/testing/listen-until-test-finished.js";

/** A server that lets clients log in, keeps what they send, and answers each statement, at once or when the test says so. */
export interface PostgresStub {
  /** Where it listens, and the root to trust. */
  readonly endpoint: { readonly host: string; readonly port: number; readonly ssl: { readonly ca: string } };
  /** Connections that were accepted. */
  readonly connects: number;
  /** The sessions whose client has logged in or is logging in, in order. */
  readonly sessions: readonly StubSession[];
  /** Whether statements wait for `answer()` of their session, and clients that end for `close()`. */
  isHolding: boolean;
  /** What a client gets for its password; by default the welcome. */
  welcome: Buffer | undefined;
}

/** The type of a message, its length with the length itself, and its body. */
const HEADER_LENGTH = 5;
const SSL_REQUEST_LENGTH = 8;
const CLEARTEXT_PASSWORD = 3;

export type TransactionStatus = "I" | "T" | "E";

/** A login and what follows. Messages: https://www.postgresql.org/docs/current/protocol-message-formats.html */
export class StubSession {
  readonly #stub: PostgresStub;
  readonly #socket: TLSSocket;
  #received = Buffer.alloc(0);
  /** Statements without an answer. */
  readonly #waiting: string[] = [];
  #status: TransactionStatus = "I";
  /** Names and values of the startup message. */
  startup: readonly string[] = [];
  password: string | undefined;
  readonly statements: string[] = [];
  /** Whether the client has said that it ends. */
  isEnding = false;

  constructor(stub: PostgresStub, socket: TLSSocket) {
    this.#stub = stub;
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** Sends messages that no statement asks for. */
  send(...messages: readonly Buffer[]): void {
    this.#socket.write(Buffer.concat(messages));
  }

  /** Answers the statement that has waited longest. */
  answer(): void {
    const statement = this.#waiting.shift();
    if (statement === undefined) throw new Error("no statement waits");
    const [tag = ""] = statement.toUpperCase().split(" ");
    if (tag === "FAIL") {
      if (this.#status === "T") this.#status = "E";
      this.send(errorResponse("42601", "syntax error"), ready(this.#status));
      return;
    }
    if (tag === "BEGIN") this.#status = "T";
    if (tag === "COMMIT" || tag === "ROLLBACK") this.#status = "I";
    this.send(message("C", `${tag}\0`), ready(this.#status));
  }

  /** Closes the connection: orderly, or as a reset. */
  close(manner: "fin" | "rst"): void {
    if (manner === "fin") this.#socket.end();
    else this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    if (this.startup.length === 0) {
      const length = this.#received.length < 4 ? Number.POSITIVE_INFINITY : this.#received.readInt32BE(0);
      if (this.#received.length < length) return;
      this.startup = this.#received.toString("utf8", 8, length - 2).split("\0");
      this.#received = this.#received.subarray(length);
      this.send(message("R", int32(CLEARTEXT_PASSWORD)));
    }
    while (this.#received.length >= HEADER_LENGTH) {
      const end = 1 + this.#received.readInt32BE(1);
      if (this.#received.length < end) return;
      const body = this.#received.toString("utf8", HEADER_LENGTH, end - 1);
      const type = this.#received.toString("latin1", 0, 1);
      this.#received = this.#received.subarray(end);
      this.#handle(type, body);
    }
  }

  #handle(type: string, body: string): void {
    if (type === "p") {
      this.password = body;
      this.send(this.#stub.welcome ?? WELCOME);
    } else if (type === "Q") {
      this.statements.push(body);
      this.#waiting.push(body);
      if (!this.#stub.isHolding) this.answer();
    } else if (type === "X") {
      this.isEnding = true;
      if (!this.#stub.isHolding) this.close("fin");
    }
  }
}

let certificates: Promise<TestCertificates> | undefined;

/** Starts one for the present test. */
export async function startPostgresStub(): Promise<PostgresStub> {
  certificates ??= createCertificates("127.0.0.1");
  const { ca, cert, key } = await certificates;
  const secureContext = createSecureContext({ cert, key });
  const sessions: StubSession[] = [];
  let connects = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connects++;
    socket.on("readable", function startTls() {
      if (socket.read(SSL_REQUEST_LENGTH) === null) return;
      socket.off("readable", startTls);
      socket.write("S");
      const secured = new TLSSocket(socket, { isServer: true, secureContext });
      secured.on("error", () => undefined);
      sessions.push(new StubSession(stub, secured));
    });
  });
  const { port } = await listenUntilTestFinished(server);
  const stub: PostgresStub = {
    endpoint: { host: "127.0.0.1", port, ssl: { ca } },
    sessions,
    isHolding: false,
    welcome: undefined,
    get connects() {
      return connects;
    },
  };
  return stub;
}

export function errorResponse(code: string, text: string): Buffer {
  return message("E", `SERROR\0VERROR\0C${code}\0M${text}\0\0`);
}

export function ready(status: TransactionStatus): Buffer {
  return message("Z", status);
}

export function message(type: string, body: string | Buffer): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(type), int32(bytes.length + 4), bytes]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

const WELCOME = Buffer.concat([message("R", int32(0)), message("K", Buffer.alloc(8)), ready("I")]);
