const OK = 0x00;
/** https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html, `SERVER_STATUS_flags_enum` */
const SERVER_SESSION_STATE_CHANGED = 0x4000;
const SESSION_TRACK_SYSTEM_VARIABLES = 0;
const SESSION_TRACK_SCHEMA = 1;

/**
 * The new values of tracked variables, by name, if an OK packet reports a change of some or of the current database.
 *
 * Layout: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html
 */
export function sessionChanges(
  bytes: Buffer,
  start: number,
  end: number,
): ReadonlyMap<string, string> | undefined {
  if (bytes[start] !== OK) return undefined;
  const reader = new Reader(bytes, start + 1, end);
  reader.integer();
  reader.integer();
  const status = reader.uint16();
  reader.uint16();
  if ((status & SERVER_SESSION_STATE_CHANGED) === 0) return undefined;
  reader.text();
  const changes = reader.part();
  const variables = new Map<string, string>();
  let isSchemaChanged = false;
  while (changes.isLeft) {
    const type = changes.byte();
    const entry = changes.part();
    isSchemaChanged ||= type === SESSION_TRACK_SCHEMA;
    // MariaDB puts several variables into one entry.
    while (type === SESSION_TRACK_SYSTEM_VARIABLES && entry.isLeft) variables.set(entry.text(), entry.text());
  }
  return isSchemaChanged || variables.size > 0 ? variables : undefined;
}

/** Never reads beyond the end, even if a length is wrong. */
class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = Math.min(end, bytes.length);
  }

  get isLeft(): boolean {
    return this.#at < this.#end;
  }

  byte(): number {
    return this.#take(1)[0] ?? 0;
  }

  uint16(): number {
    return this.byte() + this.byte() * 0x100;
  }

  /** A length-encoded integer. */
  integer(): number {
    const first = this.byte();
    const size = { 252: 2, 253: 3, 254: 8 }[first] ?? 0;
    if (size === 0) return first;
    return this.#take(size).reduceRight((sum, byte) => sum * 0x100 + byte, 0);
  }

  text(): string {
    return this.#take(this.integer()).toString("latin1");
  }

  part(): Reader {
    const length = this.integer();
    const part = new Reader(this.#bytes, this.#at, Math.min(this.#end, this.#at + length));
    this.#take(length);
    return part;
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, Math.min(this.#end, this.#at + length));
    this.#at += length;
    return taken;
  }
}
