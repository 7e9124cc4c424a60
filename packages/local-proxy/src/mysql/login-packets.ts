import type { ByteReader } from "../bytes/byte-reader.js";
import { encodePacket } from "./messages.js";

/** What a login may send or receive as one packet; anything longer is no login. */
export const longestLoginPacket: number = 64 * 1024;

/** A login's packet is too long, or has not the number that is due. */
export class BrokenLogin extends Error {
  override readonly name = "BrokenLogin";
}

/** One side of a login, whose packets are numbered through, whoever sends them. */
export class LoginPackets {
  readonly #source: Pick<ByteReader, "read">;
  #sequence = 0;

  constructor(source: Pick<ByteReader, "read">) {
    this.#source = source;
  }

  /** The number of the next packet. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The payload of the next packet. Throws {@link BrokenLogin}. */
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

  /** The packet to send now. */
  encode(...payload: readonly (Buffer | string)[]): Buffer {
    const packet = encodePacket(this.#sequence, ...payload);
    this.#advance();
    return packet;
  }

  #advance(): void {
    this.#sequence = (this.#sequence + 1) & 0xff;
  }
}
