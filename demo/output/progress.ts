import { styleText } from "node:util";
import { columnsOf } from "./columns.js";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const frameMs = 80;
const eraseLine = "\r\u001B[2K";

/** One line per piece of work: a spinner on a terminal, elsewhere a line at its end. */
export class Progress {
  #isSilent = false;

  /**
   * @param label a function is called for each frame; its result has to fit the terminal's line
   * @param isGood whether the result is good, for the mark in front of the line
   */
  async show<T>(
    label: string | (() => string),
    work: Promise<T>,
    isGood: (result: T) => boolean = () => true,
  ): Promise<T> {
    const startedAt = performance.now();
    const spinner = process.stdout.isTTY ? this.#spin(label) : undefined;
    const finish = (isDone: boolean): void => {
      clearInterval(spinner);
      const seconds = `(${((performance.now() - startedAt) / 1000).toFixed(1)} s)`;
      const start = process.stdout.isTTY ? eraseLine : "";
      this.#write(
        `${start}${mark(isDone)} ${typeof label === "string" ? label : label()} ${styleText("dim", seconds)}\n`,
      );
    };
    try {
      const result = await work;
      finish(isGood(result));
      return result;
    } catch (error) {
      finish(false);
      throw error;
    }
  }

  /** Writes nothing from now on, since the demo was interrupted. */
  silence(): void {
    this.#isSilent = true;
  }

  #spin(label: string | (() => string)): NodeJS.Timeout {
    let frame = 0;
    const draw = (): void => {
      // A line that wraps could not be erased.
      const line = typeof label === "string" ? label.slice(0, columnsOf(process.stdout) - 3) : label();
      this.#write(`${eraseLine}${frames[frame++ % frames.length]} ${line}`);
    };
    draw();
    return setInterval(draw, frameMs);
  }

  #write(text: string): void {
    if (!this.#isSilent) process.stdout.write(text);
  }
}

/** A green tick or a red cross. */
function mark(isGood: boolean): string {
  return isGood ? styleText("green", "✓") : styleText("red", "✗");
}
