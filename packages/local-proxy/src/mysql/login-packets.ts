import type { ByteReader } from "../bytes/byte-reader.js";
import { encodePacket } from "./messages.js";

/** Maximum length of a packet during a login, in bytes. */
const longestLoginPacket: number = 64 * 1024;

/** A packet of a login is too long or has a wrong sequence number. */
export class BrokenLogin extends Error {
  override readonly name = "BrokenLogin";
}

/** The packets of one login. Both sides share one sequence of numbers. */
export class LoginPackets {
  readonly #source: Pick<ByteReader, "read">;
  #sequence = 0;

  constructor(source: Pick<ByteReader, "read">) {
    this.#source = source;
  }

  /** The sequence number of the next packet. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Reads the payload of the next packet. Rejects with {@link BrokenLogin}. */
  async read(): Promise<Buffer> {
    const header = await this.#source.read(4);
    const length = header.readUIntLE(0, 3);
    if (length > longestLoginPacket) throw new BrokenLogin(`a packet of ${length} bytes`);
    const payload = await this.#source.read(length);
    const isInOrder = header.readUInt8(3) === this.#sequence;
    this.#advance();
    if (!isInOrder) throw new BrokenLogin("a packet out of order");
    return payload;
  }

  /** Encodes the next packet to send. */
  encode(...payload: readonly (Buffer | string)[]): Buffer {
    const packet = encodePacket(this.#sequence, ...payload);
    this.#advance();
    return packet;
  }

  #advance(): void {
    this.#sequence = (this.#sequence + 1) & 0xff;
  }
}
