import { type BackslashReading, textLiteral } from "@rds-proxy/adapter-mysql2/driver";
import { scanMysql } from "./scan-mysql.js";

/** Characters that Sequelize and MySQL escape, by the letter after the backslash. Any other letter means itself. */
const ESCAPES: Readonly<Record<string, string>> = {
  "0": "\0",
  b: "\b",
  n: "\n",
  r: "\r",
  t: "\t",
  Z: "\x1a",
  // For LIKE, which reads the backslash itself.
  "%": "\\%",
  _: "\\_",
};

/**
 * Rewrites the texts in a statement of Sequelize, which escapes with backslashes, so that no character set or SQL mode can
 * misread them: see `textLiteral`.
 */
export function withoutEscapes(sql: string, backslash: BackslashReading): string {
  if (!sql.includes("\\")) return sql;
  let text = "";
  let end = 0;
  for (const token of scanMysql(sql, "escape") ?? []) {
    if (token.kind !== "text") continue;
    const quoted = sql.slice(token.start, token.end);
    if (!quoted.includes("\\")) continue;
    text += sql.slice(end, token.start) + textLiteral(decode(quoted), backslash);
    end = token.end;
  }
  return text + sql.slice(end);
}

function decode(quoted: string): string {
  return quoted.slice(1, -1).replaceAll(/\\[\s\S]|''/g, ([, second = ""]) => ESCAPES[second] ?? second);
}
