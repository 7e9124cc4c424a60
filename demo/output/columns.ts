import { wrap } from "./table.js";

const whereUnknown = 110;
const widest = 130;
/** Narrower lines would break most words. */
const narrowest = 20;

/** Characters per line. Output that is no terminal has no width, and some terminals report 0. */
export function columnsOf({ columns }: { readonly columns?: number }): number {
  return Math.max(narrowest, Math.min(widest, columns || whereUnknown));
}

/** Prints paragraphs, wrapped at words. */
export function printWrapped(text: string): void {
  console.log(wrap(text, columnsOf(process.stdout)).join("\n"));
}
