/** How long equal lines are counted before their number is written. */
const WINDOW_MS = 10_000;

/** Different lines that are counted at the same time. */
const COUNTED_LINES = 100;

/** Writes lines to the user, without the control characters that clients and servers sent. Counts repetitions of a line. */
export class Reports {
  readonly #write: (line: string) => void;
  /** How often each line was repeated since it was written. */
  readonly #repeated = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  add(message: string): void {
    const line = printable(message);
    const repeated = this.#repeated.get(line);
    if (repeated !== undefined) {
      this.#repeated.set(line, repeated + 1);
      return;
    }
    if (this.#repeated.size >= COUNTED_LINES) this.flush();
    this.#repeated.set(line, 0);
    this.#timer ??= setTimeout(() => this.flush(), WINDOW_MS).unref();
    this.#write(line);
  }

  /** Writes the numbers of repetitions. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [line, repeated] of this.#repeated) {
      if (repeated > 0) this.#write(`${repeated} more of: ${line}`);
    }
    this.#repeated.clear();
  }
}

/** Control characters, line breaks and invisible characters, which may change how a terminal shows what follows. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}
