import { RdsProxyError } from "@rds-proxy/core";
import { builtinModule } from "@rds-proxy/core/internal";
import type { Connection } from "mysql2";
import { type ConnectionInternals, internalsOf } from "./mysql2-internals.js";
import { type BackslashReading, textLiteral } from "./text-literal.js";

/** Text in which mysql2 escapes nothing: no control character, quote or backslash. */
const PLAIN = /^[ !#-&(-[\]-\uffff]*$/;
const AFTER_NON_ASCII = /[\u0080-\uffff]\\/;
/** A backtick that gbk, sjis or big5 could read as the second byte of the character before it. */
const UNCLOSED = /[\u0080-\uffff]`/;
/** A name whose closing backtick would match `UNCLOSED`. mysql2 splits names at dots and quotes each part. */
const UNCLOSED_NAME = /[\u0080-\uffff](?:[.`]|$)/;
/** A name that MySQL reads without quotes: no number, and no keyword, since keywords are ASCII. */
const UNQUOTED_NAME = /^(?!\d)[\w\u0080-\uffff]*[\u0080-\uffff]$/;

type Format = ConnectionInternals["format"];

/**
 * Makes a connection write the values of `query(sql, values)` so that every character set and SQL mode reads them alike.
 * mysql2 still writes values that need no escape, and all values if the user set a `queryFormat`.
 */
export function formatSafely(connection: Connection, reading: () => BackslashReading): void {
  const internals = internalsOf(connection);
  const format: Format = internals.format.bind(connection);

  Object.assign(connection, {
    format(...args: Parameters<Format>): unknown {
      const text = format(...args);
      const [sql, values, namedPlaceholders] = args;
      if (typeof text !== "string") return text;
      if (!text.includes("\\") && !UNCLOSED.test(text)) return text;
      if (internals.config.queryFormat) return text;
      const texts = new Texts(readingOf(sql));
      const hasNames = !(namedPlaceholders ?? internals.config.namedPlaceholders);
      const safe = String(format(sql, texts.replaceIn(values, hasNames), namedPlaceholders));
      if (countOf(safe) !== countOf(sql) + texts.backslashes) {
        return checkUnaltered(text, readingOf(sql));
      }
      return texts.withNames(safe);
    },
  });

  /** A statement may change the mode for the next one in the same text. */
  function readingOf(sql: string): BackslashReading {
    return sql.includes(";") && allowsManyStatements(connection) ? "unknown" : reading();
  }
}

/** Checks a text with an object that formats itself and cannot be replaced: safe if the session reads escapes as mysql2 writes them. */
function checkUnaltered(text: string, reading: BackslashReading): string {
  if (reading === "escape" && !AFTER_NON_ASCII.test(text)) return text;
  throw new RdsProxyError(
    "RDS_PROXY_UNSUPPORTED",
    "An object whose text has a backslash or quote cannot be written safely in this session. Pass its text as a string.",
  );
}

/** Replaces the strings of one statement that mysql2 would escape. */
class Texts {
  readonly #reading: BackslashReading;
  /** The number of backslashes in all replacements. */
  backslashes = 0;
  /** Names that mysql2 does not quote safely, with their placeholders. */
  readonly #names: [standIn: string, name: string][] = [];

  constructor(reading: BackslashReading) {
    this.#reading = reading;
  }

  /** @param hasNames whether an object's keys are names of columns */
  replaceIn(value: unknown, hasNames: boolean = true): unknown {
    if (typeof value === "string")
      return PLAIN.test(value) && !UNCLOSED_NAME.test(value) ? value : this.#standIn(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((each) => this.replaceIn(each));
    if (value instanceof Set) return new Set([...value].map((each) => this.replaceIn(each)));
    if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, this.replaceIn(each)]));
    if ("toSqlString" in value || !isPlain(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [hasNames ? this.#name(key) : key, this.replaceIn(each)]),
    );
  }

  /** mysql2 calls `toSqlString` to write a value, and `toString` to write a name. */
  #standIn(text: string): object {
    const note = (written: string): string => {
      this.backslashes += countOf(written);
      return written;
    };
    return {
      toSqlString: () => note(textLiteral(text, this.#reading)),
      toString: () => note(this.#name(text)),
    };
  }

  #name(text: string): string {
    if (!UNCLOSED_NAME.test(text)) return text;
    const standIn = builtinModule("node:crypto").randomUUID();
    this.#names.push([`\`${standIn}\``, text.split(".").map(quotedName).join(".")]);
    return standIn;
  }

  /** Replaces the placeholders in a formatted statement by the names. */
  withNames(sql: string): string {
    let text = sql;
    for (const [standIn, name] of this.#names) text = text.split(standIn).join(name);
    return text;
  }
}

/**
 * Writes a name that ends in a non-ASCII character without quotes if possible. A name with spaces or symbols has to be quoted,
 * which is safe only if the session's character set is the one that mysql2 assumes.
 *
 * @throws RdsProxyError for a name with a backtick that could end its quotes
 */
function quotedName(name: string): string {
  if (UNCLOSED.test(name)) {
    throw new RdsProxyError(
      "RDS_PROXY_UNSUPPORTED",
      "A name with a backtick after a non-ASCII character cannot be quoted safely.",
    );
  }
  return UNQUOTED_NAME.test(name) ? name : `\`${name.replaceAll("`", "``")}\``;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function countOf(text: string): number {
  return text.split("\\").length - 1;
}

/** https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html */
const CLIENT_MULTI_STATEMENTS = 1 << 16;

function allowsManyStatements(connection: Connection): boolean {
  return (internalsOf(connection).config.clientFlags & CLIENT_MULTI_STATEMENTS) !== 0;
}
