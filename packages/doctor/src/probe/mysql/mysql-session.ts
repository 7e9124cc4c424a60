import type { ProbeSession, Row } from "../probe-session.js";
import type { Wire } from "../wire/wire.js";
import { MARKER, type Packets, PayloadReader, refusalIn } from "./packets.js";

const COM_QUIT = 0x01;
const COM_QUERY = 0x03;
const COM_STMT_PREPARE = 0x16;
const COM_STMT_CLOSE = 0x19;

const MORE_RESULTS = 0x8;

/** A MySQL session, down to single commands. It does not use DEPRECATE_EOF. */
export class MysqlSession implements ProbeSession {
  readonly #wire: Wire;
  readonly #packets: Packets;

  constructor(wire: Wire, packets: Packets) {
    this.#wire = wire;
    this.#packets = packets;
  }

  async query(text: string): Promise<readonly Row[]> {
    this.#packets.command(COM_QUERY, text);
    for (;;) {
      const { rows, hasMore } = await this.#readResult();
      if (!hasMore) return rows;
    }
  }

  /** Prepares a statement without parameters by the binary protocol, and closes it. */
  async prepare(text: string): Promise<void> {
    this.#packets.command(COM_STMT_PREPARE, text);
    const head = await this.#packets.read();
    if (head[0] === MARKER.error) throw refusalIn(head);
    const reader = new PayloadReader(head, 1);
    const statement = reader.bytes(4);
    const columns = reader.integer(2);
    const parameters = reader.integer(2);
    for (const count of [parameters, columns]) if (count > 0) await this.#skip(count + 1);
    this.#packets.command(COM_STMT_CLOSE, statement);
  }

  end(): void {
    this.#packets.command(COM_QUIT);
    this.#wire.end(Buffer.alloc(0));
  }

  destroy(): void {
    this.#wire.destroy();
  }

  async #readResult(): Promise<{ rows: readonly Row[]; hasMore: boolean }> {
    const head = await this.#packets.read();
    if (head[0] === MARKER.error) throw refusalIn(head);
    if (head[0] === MARKER.ok) {
      const reader = new PayloadReader(head, 1);
      // Affected rows and the last id.
      reader.lengthEncodedInteger();
      reader.lengthEncodedInteger();
      return { rows: [], hasMore: (reader.integer(2) & MORE_RESULTS) !== 0 };
    }
    const columns = new PayloadReader(head).lengthEncodedInteger();
    await this.#skip(columns + 1);
    const rows: Row[] = [];
    for (;;) {
      const packet = await this.#packets.read();
      if (packet[0] === MARKER.error) throw refusalIn(packet);
      if (packet[0] === MARKER.eof && packet.length < 9) {
        return { rows, hasMore: (packet.readUInt16LE(3) & MORE_RESULTS) !== 0 };
      }
      const reader = new PayloadReader(packet);
      rows.push(Array.from({ length: columns }, () => reader.text()));
    }
  }

  async #skip(packets: number): Promise<void> {
    for (let left = packets; left > 0; left--) await this.#packets.read();
  }
}
