import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { lazyErrorTable } from "./lazy-error-table.js";

const READER = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "lazy-error-table.ts" : "lazy-error-table.js", import.meta.url),
);

/**
 * Writes mysql2's table of error codes as one string, a third as long. The module that has it fills the table at the first
 * error of the server; mysql2's own sets 4,000 properties in each cold start.
 *
 * @param file mysql2's `lib/constants/errors.js`
 * @returns a CommonJS module with the same exports; undefined if the table has another form than expected
 */
export function compactErrorTable(file: string): string | undefined {
  const table: Readonly<Record<string, unknown>> = createRequire(import.meta.url)(file);
  let expected = 0;
  const text = Object.entries(table)
    .flatMap(([number, name]) => (typeof name === "string" ? [[Number(number), name] as const] : []))
    .map(([number, name]) => {
      const isNext = number === expected;
      expected = number + 1;
      return isNext ? name : `${number} ${name}`;
    })
    .join(" ");
  if (!isDeepStrictEqual({ ...lazyErrorTable(text) }, { ...table })) return undefined;
  return `module.exports = require(${JSON.stringify(READER)}).lazyErrorTable(${JSON.stringify(text)});`;
}
