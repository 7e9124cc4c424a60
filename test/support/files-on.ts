import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LocalProxyOptions } from "@rds-proxy/local-proxy";

type Engine = LocalProxyOptions["engine"];

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Patterns of files, relative to the repository. */
export interface Files {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** The test files that inject an engine's server, themselves or by what they import of the repository's test code. */
export function filesOn(engine: Engine, { include, exclude }: Files): readonly string[] {
  return globSync([...include], { cwd: ROOT, exclude: [...exclude] })
    .filter((file) => enginesOf(join(ROOT, file)).has(engine))
    .toSorted();
}

const known = new Map<string, ReadonlySet<Engine>>();

function enginesOf(file: string): ReadonlySet<Engine> {
  const before = known.get(file);
  if (before) return before;
  const engines = new Set<Engine>();
  // Ahead of its imports, which may come back to it.
  known.set(file, engines);
  const code = readFileSync(file, "utf8");
  for (const engine of injectedEngines(code)) engines.add(engine);
  for (const imported of importedFiles(code, file)) {
    for (const engine of enginesOf(imported)) engines.add(engine);
  }
  return engines;
}

/** `inject("mysql")` is one engine; with a variable, as in `inject(engine)`, it may be any. */
export function injectedEngines(code: string): readonly Engine[] {
  return [...code.matchAll(/\binject\(([^)]+)\)/g)].flatMap(([, argument = ""]) => {
    if (argument === '"postgres"') return ["postgres"] as const;
    if (argument === '"mysql"') return ["mysql"] as const;
    return argument.startsWith('"') ? [] : (["postgres", "mysql"] as const);
  });
}

function importedFiles(code: string, file: string): readonly string[] {
  return [...code.matchAll(/(?:\bfrom|\bimport\(?) ?"(\.[^"]+)\.js"/g)]
    .map(([, path]) => join(dirname(file), `${path}.ts`))
    .filter((path) => existsSync(path));
}
