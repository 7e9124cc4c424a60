import { type BackslashReading, bytesLiteral, textLiteral } from "@rds-proxy/adapter-mysql2/driver";
import { bindPlaces, type ColumnName, type Place } from "./bind-places.js";
import { isComparable, isStorable, isText } from "./comparable-value.js";
import { scanMysql } from "./scan-mysql.js";

/** The type of a table's column as in CREATE TABLE; undefined if it is unknown. */
export type ColumnTypes = (column: ColumnName) => string | undefined;

/**
 * Replaces the placeholders of a statement by literals, if the effect is that of a prepared statement to which mysql2 binds
 * the values.
 *
 * @param backslash how the session reads a backslash between quotes
 * @param typeOf the known types of the columns that values are stored in or compared with
 * @returns undefined if the effect may differ: for other places than those of `bindPlaces`, values of other types, or errors
 */
export function inlineBinds(
  sql: string,
  values: readonly unknown[],
  backslash: BackslashReading,
  typeOf: ColumnTypes,
): string | undefined {
  // If a backslash may not be an escape, only the server knows what the statement itself means.
  const tokens = scanMysql(sql, backslash === "escape" ? "escape" : "unknown");
  const places = tokens && bindPlaces(sql, tokens);
  if (places?.length !== values.length) return undefined;
  let text = "";
  let end = 0;
  for (const [index, place] of places.entries()) {
    const value = values[index];
    const isAlike =
      place.kind === "column"
        ? isStorable(value, place.stored && typeOf(place.stored))
        : place.kind === "geometry" || comparesAlike(place, value, values[index - 1], typeOf);
    if (!isAlike) return undefined;
    const literal = bindLiteral(value, place.kind, backslash);
    if (literal === undefined) return undefined;
    text += sql.slice(end, place.start) + literal;
    end = place.start + 1;
  }
  return text + sql.slice(end);
}

function comparesAlike(
  { compared, isPattern, isJoined }: Extract<Place, { kind: "comparison" }>,
  value: unknown,
  previous: unknown,
  typeOf: ColumnTypes,
): boolean {
  // The server derives one type for values that are compared together, in which a parameter's type weighs less than a
  // literal's.
  if (isJoined && typeof value !== typeof previous) return false;
  const type = typeOf(compared);
  return isPattern ? typeof value === "string" && isText(type) : isComparable(value, type);
}

/** A value as a literal of the type that mysql2 gives to a bound one. */
function bindLiteral(value: unknown, kind: Place["kind"], backslash: BackslashReading): string | undefined {
  if (kind === "geometry") return typeof value === "string" ? textLiteral(value, backslash) : undefined;
  if (value === null) return "NULL";
  switch (typeof value) {
    case "string":
      return textLiteral(value, backslash);
    case "number":
      return doubleLiteral(value);
    case "boolean":
      return value ? "1" : "0";
    case "bigint":
      // mysql2 binds it as text. In a comparison, some servers treat the literal as an integer.
      return kind === "column" ? `'${value}'` : undefined;
    default:
      // In a comparison with text, the literal would have another collation.
      return Buffer.isBuffer(value) && kind === "column" ? bytesLiteral(value) : undefined;
  }
}

/** A literal with an exponent is a DOUBLE, one without is a DECIMAL or an integer. JavaScript's digits are exact. */
function doubleLiteral(value: number): string | undefined {
  if (!Number.isFinite(value) || Object.is(value, -0)) return undefined;
  const digits = String(value);
  return digits.includes("e") ? digits : `${digits}e0`;
}
