import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { vi } from "vitest";
import { AUTOCOMMIT } from "./mysql-stub.js";

/** As much of mysql2's connection as is used. The server's packets come from the test. */
export class StubConnection extends EventEmitter {
  readonly stream = Object.assign(new PassThrough(), {
    encrypted: true,
    authorized: true,
    ref: vi.fn(),
    unref: vi.fn(),
  });
  config = { charsetNumber: 45, clientFlags: 0 };
  _handshakePacket: { statusFlags?: number } | undefined = { statusFlags: AUTOCOMMIT };
  _command: object | undefined;
  readonly _commands = { toArray: () => [] };
  sequenceId = 0;

  handlePacket(_packet?: unknown): void {}
  changeUser(): void {}
  format(sql: string): string {
    return sql;
  }
  promise(): object {
    return {};
  }

  receive(payload: readonly number[]): void {
    this.stream.emit("data", Buffer.from([payload.length, 0, 0, 1, ...payload]));
  }

  /** The answer to a statement, as mysql2's parser passes it on. */
  receiveAnswer(buffer: Buffer): void {
    const header = (): void => undefined;
    this._command = { next: header, resultsetHeader: header };
    this.handlePacket({ buffer, offset: 0, end: buffer.length, sequenceId: 0 });
  }

  /** An OK packet. */
  answer(status: number): void {
    this.receive([0, 0, 0, status & 0xff, status >> 8, 0, 0]);
  }
}

/** An OK packet that reports a new value of a variable. */
export function reportOf(name: string, value: string): Buffer {
  const entry = [name.length, ...Buffer.from(name), value.length, ...Buffer.from(value)];
  const changes = [0, entry.length, ...entry];
  return Buffer.from([0, 0, 0, 0, 0x40, 0, 0, 0, changes.length, ...changes]);
}
