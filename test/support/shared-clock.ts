import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shiftClock } from "./shifted-clock.js";

/** A wall clock that several processes go by, frozen ones included: they read it from a file. */
export class SharedClock {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "rds-proxy-clock-"));
  #offsetMs = 0;

  constructor() {
    this.advance(0);
  }

  now(): number {
    return Date.now() + this.#offsetMs;
  }

  /** For `followSharedClock` in another process. */
  get environment(): Readonly<Record<string, string>> {
    return { TEST_CLOCK_FILE: this.#file };
  }

  advance(byMs: number): void {
    this.#offsetMs += byMs;
    // Moved into place, so that nobody reads half of it.
    writeFileSync(`${this.#file}.next`, String(this.#offsetMs));
    renameSync(`${this.#file}.next`, this.#file);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #file(): string {
    return join(this.#folder, "offset-ms");
  }
}

/** Lets this process go by the clock that its environment names, if it names one. */
export function followSharedClock(): void {
  const file = process.env["TEST_CLOCK_FILE"];
  if (file) shiftClock(() => Number(readFileSync(file, "utf8")));
}
