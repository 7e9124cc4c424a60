import { readFile } from "node:fs/promises";
import { UsageError } from "./usage-error.js";

/** @throws UsageError that names the flag or the file, and the problem */
export async function readJsonObject(
  flag: "config" | "profile",
  file: string,
): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`--${flag}: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const value = parse(file, text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new UsageError(`${file}: expected a JSON object.`);
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file}: invalid JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
