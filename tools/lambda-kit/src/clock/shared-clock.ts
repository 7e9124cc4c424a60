import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shiftClock } from "./shift-clock.js";

/** The variable that names the clock's file to a process. */
const VARIABLE = "LAMBDA_KIT_CLOCK";

/**
 * A wall clock that several processes share, frozen ones included. Its offset is in a file, which a process reads whenever it
 * asks for the time: one system call, so that even a measured process may use it.
 */
export class SharedClock {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "rds-proxy-clock-"));
  readonly #file: string = join(this.#folder, "offset-ms");
  readonly #descriptor: number = openSync(this.#file, "w");
  #offsetMs = 0;

  constructor() {
    this.advance(0);
  }

  now(): number {
    return Date.now() + this.#offsetMs;
  }

  /** What a process needs that calls `followSharedClock`. */
  get environment(): Readonly<Record<string, string>> {
    return { [VARIABLE]: this.#file };
  }

  advance(byMs: number): void {
    this.#offsetMs += byMs;
    // One write, and one read on the other side: POSIX makes the two atomic with respect to each other (2.9.7 of its System
    // Interfaces).
    writeSync(this.#descriptor, new Float64Array([this.#offsetMs]), 0, 8, 0);
  }

  remove(): void {
    closeSync(this.#descriptor);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Makes this process use the clock that its environment names, if it names one. */
export function followSharedClock(): void {
  const file = process.env[VARIABLE];
  if (!file) return;
  const descriptor = openSync(file, "r");
  shiftClock(() => readOffset(descriptor));
}

/** How far the clock is ahead that a process's variables name, in milliseconds; 0 if they name none. */
export function offsetOf(variables: Readonly<Record<string, string>>): number {
  const file = variables[VARIABLE];
  if (file === undefined) return 0;
  const descriptor = openSync(file, "r");
  try {
    return readOffset(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function readOffset(descriptor: number): number {
  const offsetMs = new Float64Array(1);
  readSync(descriptor, offsetMs, 0, 8, 0);
  return offsetMs[0] ?? 0;
}
