import { readFileSync } from "node:fs";

const PAGE = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");

/** An error as the function's caller sees it. */
interface SeenError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly errno?: number | undefined;
}

const libraryCodes = new Set(PAGE.match(/RDS_PROXY_[A-Z_]+/g));

/** The errors of statements in flight, from the page's last table: codes, numbers, names or messages. */
const driverErrors = new Set(
  PAGE.slice(PAGE.indexOf("## What a statement in flight fails with"))
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .flatMap((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, error]) => error)),
);
if (driverErrors.size === 0) throw new Error("docs/errors.md names no errors of statements");

/** Whether `docs/errors.md` names an error that a function failed with. */
export function isDocumented({ name, message, code, errno }: SeenError): boolean {
  if (code !== undefined && libraryCodes.has(code)) return true;
  return [name, code, errno?.toString(), message].some(
    (mark) => mark !== undefined && driverErrors.has(mark),
  );
}
