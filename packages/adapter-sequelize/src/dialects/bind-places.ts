import type { Token } from "./scan-mysql.js";

/**
 * What stands where a value is bound: `column` for one that is stored in a column, `comparison` for one that is compared
 * with a column, `geometry` for the text of one.
 */
export type PlaceKind = "column" | "comparison" | "geometry";

export interface Place {
  readonly kind: PlaceKind;
  readonly start: number;
  /** Whether it is compared together with the value before it: in a list, or as the end of a range. */
  readonly isJoined: boolean;
}

/** A part of the statement, or of an expression in parentheses. */
type Part = "columns" | "values" | "tuple" | "set" | "where" | "list" | "geometry" | "other";

const COMPARISONS = new Set(["=", "<=>", "<>", "!=", "<", ">", "<=", ">="]);
const CHANGES = new Set(["INSERT", "REPLACE", "UPDATE", "DELETE"]);
/** After these comes something that is no condition. */
const OTHER_CLAUSES = new Set([
  "SELECT",
  "FROM",
  "ORDER",
  "GROUP",
  "HAVING",
  "LIMIT",
  "JOIN",
  "USING",
  "UNION",
]);
/** They look like columns, and are values of types of their own. */
const NO_COLUMNS = new Set(
  (
    "NULL TRUE FALSE UNKNOWN DEFAULT BINARY INTERVAL CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER " +
    "CURRENT_ROLE LOCALTIME LOCALTIMESTAMP UTC_DATE UTC_TIME UTC_TIMESTAMP NOT AND OR XOR IN LIKE BETWEEN IS CASE WHEN " +
    "THEN ELSE END EXISTS ALL ANY SOME ROW ROWNUM SYSDATE"
  ).split(" "),
);
const GEOMETRIES = new Set(["ST_GEOMFROMTEXT", "ST_GEOMETRYFROMTEXT", "GEOMFROMTEXT"]);

/**
 * Finds the placeholders of a statement, if at each of them a literal does the same as a bound value, whatever the types
 * of the columns: in INSERT, REPLACE, UPDATE and DELETE, stored in a column or compared with one.
 *
 * @returns undefined where one of them stands elsewhere, or the statement may return rows, which come in other types when
 *   the statement is not prepared
 */
export function bindPlaces(tokens: readonly Token[]): Place[] | undefined {
  const statement = withoutEnd(tokens);
  const head = statement[0]?.text ?? "";
  if (!CHANGES.has(head)) return undefined;
  const reader = new PlaceReader(statement, head);
  for (let index = 1; index < statement.length; index++) if (!reader.read(index)) return undefined;
  return reader.places;
}

/** A statement may end with a semicolon. */
function withoutEnd(tokens: readonly Token[]): readonly Token[] {
  return tokens.at(-1)?.text === ";" ? tokens.slice(0, -1) : tokens;
}

class PlaceReader {
  readonly places: Place[] = [];
  readonly #tokens: readonly Token[];
  readonly #takesValues: boolean;
  /** The part that is being read, and those around it. */
  readonly #parts: Part[];

  constructor(tokens: readonly Token[], head: string) {
    this.#tokens = tokens;
    this.#takesValues = head === "INSERT" || head === "REPLACE";
    this.#parts = [this.#takesValues ? "columns" : "other"];
  }

  /** @returns false where a literal may differ from a bound value */
  read(index: number): boolean {
    const token = this.#tokens[index];
    switch (token?.kind) {
      case "word":
        return this.#readWord(index, token.text);
      case "placeholder": {
        const kind = this.#kindAt(index);
        const isJoined = kind === "comparison" && this.#tokens[index - 2]?.kind === "placeholder";
        if (kind) this.places.push({ kind, start: token.start, isJoined });
        return kind !== undefined;
      }
      case "sign":
        return this.#readSign(index, token.text);
      default:
        return true;
    }
  }

  #readWord(index: number, word: string): boolean {
    // A column may have a keyword's name behind a dot.
    if (this.#text(index - 1) === ".") return true;
    const isOutside = this.#parts.length === 1;
    if (word === "RETURNING") return false;
    if (isOutside && this.#part === "columns" && (word === "VALUES" || word === "VALUE"))
      this.#part = "values";
    else if (isOutside && (word === "SET" || (word === "UPDATE" && this.#text(index - 1) === "KEY")))
      this.#part = "set";
    else if (word === "WHERE") this.#part = "where";
    else if (OTHER_CLAUSES.has(word)) this.#part = "other";
    return true;
  }

  #readSign(index: number, sign: string): boolean {
    if (sign === ";" || sign === "@") return false;
    if (sign === "(") this.#parts.push(this.#partInside(index));
    if (sign === ")") {
      const isList = this.#part === "list";
      if (this.#parts.length > 1) this.#parts.pop();
      return !isList || this.#endsCondition(index + 1);
    }
    return true;
  }

  get #part(): Part {
    return this.#parts.at(-1) ?? "other";
  }

  set #part(part: Part) {
    this.#parts[this.#parts.length - 1] = part;
  }

  /** What an opening parenthesis begins. */
  #partInside(index: number): Part {
    const before = this.#tokens[index - 1];
    switch (this.#part) {
      case "values":
        return before?.kind === "word" || before?.text === "," ? "tuple" : "other";
      case "tuple":
        return before?.kind === "word" && GEOMETRIES.has(before.text) ? "geometry" : "other";
      case "where":
        if (before?.text === "IN" && this.#isConditionOn(this.#skipNot(index - 2))) return "list";
        return this.#beginsCondition(index - 1) ? "where" : "other";
      default:
        return "other";
    }
  }

  #kindAt(index: number): PlaceKind | undefined {
    const before = this.#text(index - 1);
    const after = this.#text(index + 1);
    const isElement = (before === "(" || before === ",") && (after === ")" || after === ",");
    switch (this.#part) {
      case "tuple":
        return isElement ? "column" : undefined;
      case "geometry":
        return isElement && before === "(" ? "geometry" : undefined;
      case "list":
        return isElement && this.#isListOfPlaceholders(index) ? "comparison" : undefined;
      case "set":
        return this.#parts.length === 1 && this.#isAssigned(index) ? "column" : undefined;
      case "where":
        return this.#isCompared(index) ? "comparison" : undefined;
      default:
        return undefined;
    }
  }

  /** Its neighbours, which are looked at in turn, have the same neighbours. */
  #isListOfPlaceholders(index: number): boolean {
    const isPlaceholder = (at: number): boolean => this.#tokens[at]?.kind === "placeholder";
    return (
      (this.#text(index - 1) === "(" || isPlaceholder(index - 2)) &&
      (this.#text(index + 1) === ")" || isPlaceholder(index + 2))
    );
  }

  /** `column = ?` in a list of assignments. */
  #isAssigned(index: number): boolean {
    if (this.#text(index - 1) !== "=") return false;
    const before = this.#beforeColumn(index - 2);
    if (before === undefined) return false;
    const begins =
      this.#text(before) === "," || this.#text(before) === "SET" || this.#text(before) === "UPDATE";
    const after = this.#tokens[index + 1];
    const ends = after === undefined || [",", "WHERE", "ORDER", "LIMIT", "ON"].includes(after.text);
    return begins && ends;
  }

  /** `column = ?`, `column like ?` or `column between ? and ?`, as a whole condition. */
  #isCompared(index: number): boolean {
    const before = this.#text(index - 1);
    if (COMPARISONS.has(before)) return this.#isConditionOn(index - 2) && this.#endsCondition(index + 1);
    if (before === "LIKE") {
      return this.#isConditionOn(this.#skipNot(index - 2)) && this.#endsCondition(index + 1);
    }
    if (before === "BETWEEN") {
      const isWhole = this.#text(index + 1) === "AND" && this.#tokens[index + 2]?.kind === "placeholder";
      return isWhole && this.#isConditionOn(this.#skipNot(index - 2));
    }
    const isSecond =
      before === "AND" &&
      this.#tokens[index - 2]?.kind === "placeholder" &&
      this.#text(index - 3) === "BETWEEN";
    return isSecond && this.#endsCondition(index + 1);
  }

  #skipNot(index: number): number {
    return this.#text(index) === "NOT" ? index - 1 : index;
  }

  /** Whether a column's name ends here that begins a condition. */
  #isConditionOn(end: number): boolean {
    const before = this.#beforeColumn(end);
    return before !== undefined && this.#beginsCondition(before);
  }

  /** Whether a condition may begin after this. */
  #beginsCondition(index: number): boolean {
    const before = this.#text(index);
    return (
      before === "WHERE" || before === "AND" || before === "OR" || (before === "(" && this.#part === "where")
    );
  }

  #endsCondition(index: number): boolean {
    const after = this.#tokens[index];
    return after === undefined || ["AND", "OR", ")", "ORDER", "LIMIT"].includes(after.text);
  }

  /** The index of what stands before a column's name that ends here. */
  #beforeColumn(end: number): number | undefined {
    let index = end;
    while (this.#isName(index)) {
      if (this.#text(index - 1) !== ".") return index - 1;
      index -= 2;
    }
    return undefined;
  }

  #isName(index: number): boolean {
    const token = this.#tokens[index];
    return token?.kind === "name" || (token?.kind === "word" && !NO_COLUMNS.has(token.text));
  }

  #text(index: number): string {
    return this.#tokens[index]?.text ?? "";
  }
}
