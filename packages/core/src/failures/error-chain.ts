import { nestedErrors, propertyOf } from "./nested-errors.js";

/** The codes and message of one error, without its wrappers. */
export interface ObservedError {
  /** `code` (SQLSTATE, Node or driver code) and `errno` (MySQL), as text. */
  readonly codes: readonly string[];
  /** The function in PostgreSQL's source that reported the error: unlike the message, it is in no language. */
  readonly routine?: string;
  readonly message: string;
}

/** The codes and messages of an error and of every error inside it, outermost first. */
export function errorChain(error: unknown): ObservedError[] {
  return nestedErrors(error).map(observe);
}

/** Texts that are known are shorter, and some patterns take quadratic time. */
const READ_CHARACTERS = 4096;

/** RDS Proxy writes some texts with typographic apostrophes, and some with a full stop at the end. */
export function normaliseText(message: string): string {
  return message
    .slice(0, READ_CHARACTERS)
    .replaceAll("’", "'")
    .replace(/\.\s*$/, "");
}

function observe(error: object): ObservedError {
  const codes = [propertyOf(error, "code"), propertyOf(error, "errno")]
    .filter((code) => typeof code === "string" || typeof code === "number")
    .map(String);
  const message = propertyOf(error, "message");
  const routine = propertyOf(error, "routine");
  return {
    codes,
    message: typeof message === "string" ? message : "",
    ...(typeof routine === "string" ? { routine } : {}),
  };
}
