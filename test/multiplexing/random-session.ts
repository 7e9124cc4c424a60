import type { Random } from "../support/random.js";
import { type Session, SessionEnded, turns } from "./engine.js";
import type { Ledger } from "./ledger.js";

/** A raw client of either engine. */
interface RawClient {
  send(...bytes: Buffer[]): void;
  /** Closes with a TCP RST. */
  abort(): void;
  destroy(): void;
}

/** An operation with its token; resolves with `false` when the session is over. */
export type Operation = (token: string) => Promise<boolean | undefined>;

/** What a session's operations share on both engines. */
export abstract class RandomSession<Client extends RawClient> implements Session {
  protected readonly client: Client;
  protected readonly random: Random;
  protected readonly ledger: Ledger;
  /** The operations by name. */
  protected abstract readonly all: Readonly<Record<string, Operation>>;

  constructor(client: Client, random: Random, ledger: Ledger) {
    this.client = client;
    this.random = random;
    this.ledger = ledger;
  }

  get operations(): Session["operations"] {
    return ["query", ...Object.keys(this.all)];
  }

  async run(operation: string, token: string): Promise<boolean> {
    return (await this.all[operation]?.(token)) ?? true;
  }

  destroy(): void {
    this.client.destroy();
  }

  /** Encodes a statement. */
  protected abstract encodeQuery(text: string): Buffer;
  /** Encodes the message that ends a session. */
  protected abstract encodeEnd(): Buffer;

  /** Sends a part of an INSERT, and leaves. */
  protected async leave(token: string): Promise<false> {
    const length = this.random.pick([10, 10_000, 100_000]);
    const insert = this.encodeQuery(`insert into multiplexing_rows values ('${token}')${" ".repeat(length)}`);
    this.client.send(insert.subarray(0, this.random.between(1, insert.length - 1)));
    await turns(this.random.between(0, 20));
    this.ledger.confirm(token, "absent");
    if (this.random.next() < 0.5) this.client.abort();
    return false;
  }

  /** Ends the session, which frees a pinned database connection. */
  protected hangUp(): never {
    this.client.send(this.encodeEnd());
    throw new SessionEnded("by the client");
  }

  /** Rows of a token to write together, which the ledger expects from now on. */
  protected beginRows(token: string): readonly string[] {
    const rows = Array.from({ length: this.random.between(1, 30) }, (_, index) => `${token}.${index}`);
    for (const row of rows) this.ledger.begin(row);
    return rows;
  }

  protected confirmRows(rows: readonly string[]): void {
    for (const row of rows) this.ledger.confirm(row, "written");
  }

  /** Sends the bytes in up to four pieces, with other clients' work between them. */
  protected async sendCut(bytes: Buffer): Promise<void> {
    const count = this.random.between(1, 4);
    let at = 0;
    for (let piece = 1; piece < count && at + 1 < bytes.length; piece += 1) {
      const end = this.random.between(at + 1, bytes.length - 1);
      this.client.send(bytes.subarray(at, end));
      at = end;
      await turns(this.random.between(0, 10));
    }
    this.client.send(bytes.subarray(at));
  }
}
