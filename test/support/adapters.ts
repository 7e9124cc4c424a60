import { fileURLToPath } from "node:url";

/** The adapters whose handlers run in processes of their own: one more is a line here and a file in `handlers/`. */
export const adapters = [
  { name: "pg", engine: "postgres", handlerFile: handlerFile("pg") },
  { name: "mysql2", engine: "mysql", handlerFile: handlerFile("mysql2") },
] as const;

export type TestedAdapter = (typeof adapters)[number];

function handlerFile(name: string): string {
  return fileURLToPath(new URL(`handlers/${name}.ts`, import.meta.url));
}
