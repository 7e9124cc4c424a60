import type { ProbeSession, Row } from "../probe-session.js";
import type { Wire } from "../wire/wire.js";
import { encodeMessage, int16, int32, type Message, readMessage, refusalIn, valuesIn } from "./messages.js";

const SYNC = encodeMessage("S");

/** A PostgreSQL session, down to single messages. */
export class PostgresSession implements ProbeSession {
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  async query(text: string): Promise<readonly Row[]> {
    return await this.send(encodeMessage("Q", text, "\0"));
  }

  /** Sends the messages of one request, and a Sync behind them. */
  async extended(...messages: readonly Buffer[]): Promise<readonly Row[]> {
    return await this.send(...messages, SYNC);
  }

  /** Sends the messages of one request; returns its rows, or throws its first error as a `ServerRefusal`. */
  async send(...messages: readonly Buffer[]): Promise<readonly Row[]> {
    this.#wire.write(Buffer.concat(messages));
    const rows: Row[] = [];
    let error: Message | undefined;
    for (;;) {
      // A fatal error has no ReadyForQuery behind it.
      const message = await readMessage(this.#wire).catch((lost: unknown) => {
        throw error ? refusalIn(error) : lost;
      });
      if (message.type === "D") rows.push(valuesIn(message));
      if (message.type === "E") error ??= message;
      if (message.type !== "Z") continue;
      if (error) throw refusalIn(error);
      return rows;
    }
  }

  end(): void {
    this.#wire.end(encodeMessage("X"));
  }

  destroy(): void {
    this.#wire.destroy();
  }
}

/** Parse, with all types of parameters left to the server. */
export function parse(statement: string, text: string): Buffer {
  return encodeMessage("P", `${statement}\0`, `${text}\0`, int16(0));
}

/** Bind, with values and results as text. */
export function bind(portal: string, statement: string, values: readonly string[] = []): Buffer {
  const encoded = values.map((value) => Buffer.from(value));
  return encodeMessage(
    "B",
    `${portal}\0`,
    `${statement}\0`,
    int16(0),
    int16(encoded.length),
    ...encoded.flatMap((value) => [int32(value.length), value]),
    int16(0),
  );
}

/** Execute, for all rows. */
export function execute(portal: string): Buffer {
  return encodeMessage("E", `${portal}\0`, int32(0));
}

/** Close of a statement or a portal. */
export function close(kind: "S" | "P", name: string): Buffer {
  return encodeMessage("C", `${kind}${name}\0`);
}
