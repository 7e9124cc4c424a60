/** Types whose comparison with a literal and with a parameter of the same value has the same result in MySQL. */
type Comparability = "number" | "text" | "day" | "time" | "year" | "bits";

const COMPARABILITY: Readonly<Record<string, Comparability>> = {
  ...entries("TINYINT SMALLINT MEDIUMINT INT INTEGER BIGINT DECIMAL NUMERIC FLOAT DOUBLE REAL", "number"),
  ...entries("CHAR VARCHAR TINYTEXT TEXT MEDIUMTEXT LONGTEXT ENUM SET", "text"),
  ...entries("BINARY VARBINARY TINYBLOB BLOB MEDIUMBLOB LONGBLOB", "text"),
  ...entries("DATE DATETIME TIMESTAMP", "day"),
  TIME: "time",
  YEAR: "year",
  BIT: "bits",
};

/**
 * Texts with exactly one meaning in the type. MySQL converts a literal to the compared column's type when it resolves the
 * statement, and a parameter when it executes it. For other texts the two differ: an invalid date is an error as a literal and
 * a warning as a parameter.
 */
const TEXTS: Readonly<Record<Comparability, RegExp>> = {
  number: /^-?\d{1,20}(?:\.\d{1,20})?$/,
  text: /^/,
  day: /^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?: (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?)?$/,
  time: /^-?\d\d:[0-5]\d:[0-5]\d(?:\.\d{1,6})?$/,
  year: /^(?:19[1-9]\d|20\d\d)$/,
  // None: a literal is compared as a number, a parameter as the characters' bits.
  bits: /^(?!)/,
};

/**
 * Whether a comparison of a column with a literal has the same result as with a parameter.
 *
 * @param sqlType the column's type as in CREATE TABLE, undefined if it is unknown
 */
export function isComparable(value: unknown, sqlType: string | undefined): boolean {
  const comparability = sqlType === undefined ? undefined : comparabilityOf(sqlType);
  if (comparability === undefined) return false;
  if (value === null) return true;
  switch (typeof value) {
    case "string":
      return TEXTS[comparability].test(value) && (comparability !== "day" || isDay(value));
    case "number":
      // A literal below 100 means a year of this century or the last; a number as a literal may be a date.
      if (comparability === "year") return TEXTS.year.test(String(value));
      return comparability === "number" || comparability === "text" || comparability === "bits";
    case "boolean":
      return comparability === "number" || comparability === "text" || comparability === "bits";
    default:
      return false;
  }
}

/** Texts of numbers that are below the minimum of a BIT column, or may be above its maximum. */
const OUTSIDE_OF_BITS = /^\s*(?:-\.?\d|\+?[\d.]+e\+?\d)/i;

/**
 * Whether a column stores a literal as it stores a parameter. A BIT column takes the nearest value that it can hold from a
 * parameter whose text is such a number, and the characters' bits from a literal.
 *
 * @param sqlType as for `isComparable`
 */
export function isStorable(value: unknown, sqlType: string | undefined): boolean {
  const isOutside =
    typeof value === "bigint" ? value < 0n : typeof value === "string" && OUTSIDE_OF_BITS.test(value);
  return !isOutside || (sqlType !== undefined && !/^BIT\b/i.test(sqlType));
}

/** Whether a column contains text, the only kind that LIKE compares without a conversion. */
export function isText(sqlType: string | undefined): boolean {
  return sqlType !== undefined && comparabilityOf(sqlType) === "text";
}

function comparabilityOf(sqlType: string): Comparability | undefined {
  const name = /^[A-Z]+/.exec(sqlType.toUpperCase())?.[0] ?? "";
  return COMPARABILITY[name];
}

/** Whether the month has such a day. */
function isDay(text: string): boolean {
  const day = text.slice(0, 10);
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

function entries(names: string, comparability: Comparability): Record<string, Comparability> {
  return Object.fromEntries(names.split(" ").map((name) => [name, comparability]));
}
