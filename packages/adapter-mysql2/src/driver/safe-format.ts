import { RdsProxyError } from "@rds-proxy/core";
import { builtinModule } from "@rds-proxy/core/internal";
import type { Connection } from "mysql2";
import { type ConnectionInternals, internalsOf } from "./mysql2-internals.js";
import { type BackslashReading, textLiteral } from "./text-literal.js";

/** Text in which mysql2 escapes nothing: no control character, quote or backslash. */
const PLAIN = /^[ !#-&(-[\]-\uffff]*$/;
const AFTER_NON_ASCII = /[\u0080-\uffff]\\/;
/** Where gbk, sjis or big5 could take the backtick for the second byte of the character before it. */
const UNCLOSED = /[\u0080-\uffff]`/;
/** A name that would be quoted so: dots divide it into several. */
const UNCLOSED_NAME = /[\u0080-\uffff](?:[.`]|$)/;
/** What MySQL takes for a name without quotes: no number, and no keyword, since those are ASCII. */
const UNQUOTED_NAME = /^(?!\d)[\w\u0080-\uffff]*[\u0080-\uffff]$/;

type Format = ConnectionInternals["format"];

/**
 * Has a connection write the values of `query(sql, values)` in a way that no character set and SQL mode can misread.
 * What needs no escape is written by mysql2 as ever, and so is everything where the user has a `queryFormat`.
 */
export function formatSafely(connection: Connection, reading: () => BackslashReading): void {
  const internals = internalsOf(connection);
  const format: Format = internals.format.bind(connection);

  Object.assign(connection, {
    format(...args: Parameters<Format>): unknown {
      const text = format(...args);
      const [sql, values, namedPlaceholders] = args;
      if (typeof text !== "string" || typeof sql !== "string") return text;
      if (!text.includes("\\") && !UNCLOSED.test(text)) return text;
      if (internals.config.queryFormat) return text;
      const texts = new Texts(readingOf(sql));
      const hasNames = !(namedPlaceholders ?? internals.config.namedPlaceholders);
      const safe = format(sql, texts.replaceIn(values, hasNames), namedPlaceholders);
      if (typeof safe !== "string" || countOf(safe) !== countOf(sql) + texts.backslashes) {
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

/** An object with a text of its own making, which could not be replaced: right where the session is as mysql2 expects. */
function checkUnaltered(text: string, reading: BackslashReading): string {
  if (reading === "escape" && !AFTER_NON_ASCII.test(text)) return text;
  throw new RdsProxyError(
    "RDS_PROXY_UNSUPPORTED",
    "An object whose text has a backslash or quote cannot be written safely in this session. Pass its text as a string.",
  );
}

/** Texts of one statement, in the place of the strings that mysql2 would escape. */
class Texts {
  readonly #reading: BackslashReading;
  /** In all that was written in their place. */
  backslashes = 0;
  /** Names that mysql2 does not quote safely, with what stands in their place until they are written. */
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

  /** mysql2 asks for the one where it writes a value, and for the other where it writes a name. */
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

  /** Puts the names into a statement that was made with what stands in their place. */
  withNames(sql: string): string {
    let text = sql;
    for (const [standIn, name] of this.#names) text = text.split(standIn).join(name);
    return text;
  }
}

/**
 * A name that ends in such a character needs no quotes, unless it has a space or another sign: then it is quoted, and
 * right where the session's character set is what mysql2 takes it for.
 *
 * @throws RdsProxyError for one with a backtick that could end it
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
