import type { Token } from "./scan-mysql.js";

/** A column of the only table that a statement changes. */
export interface ColumnName {
  readonly table: string;
  readonly column: string;
}

/**
 * Where a value is bound: `column` if it is stored in a column, `geometry` if it is the text of one that is stored,
 * `comparison` if a column is compared with it.
 */
export type Place =
  | { readonly kind: "geometry"; readonly start: number }
  | {
      readonly kind: "column";
      readonly start: number;
      /** Undefined if the statement does not name it, or has several tables. */
      readonly stored: ColumnName | undefined;
    }
  | {
      readonly kind: "comparison";
      readonly start: number;
      readonly compared: ColumnName;
      readonly isPattern: boolean;
      /** Whether it is compared together with the value before it: in a list, or as the end of a range. */
      readonly isJoined: boolean;
    };

/** A part of the statement, or of an expression in parentheses; undefined for those in which a literal may differ. */
type Part = "columns" | "values" | "tuple" | "set" | "where" | "list" | "geometry" | undefined;

const COMPARISONS = new Set(["=", "<=>", "<>", "!=", "<", ">", "<=", ">="]);
const CHANGES = new Set(["INSERT", "REPLACE", "UPDATE", "DELETE"]);
const MODIFIERS = new Set(["LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK", "IGNORE"]);
/** These end assignments, conditions and tuples. */
const OTHER_CLAUSES = new Set(["SELECT", "ORDER", "UNION", "EXCEPT", "INTERSECT", "MINUS"]);
/** They look like columns, but are values with their own types. */
const NO_COLUMNS = new Set(
  (
    "NULL TRUE FALSE UNKNOWN DEFAULT BINARY INTERVAL CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER " +
    "CURRENT_ROLE LOCALTIME LOCALTIMESTAMP UTC_DATE UTC_TIME UTC_TIMESTAMP NOT AND OR XOR IN LIKE BETWEEN IS CASE WHEN " +
    "THEN ELSE END EXISTS ALL ANY SOME ROW ROWNUM SYSDATE"
  ).split(" "),
);
const GEOMETRIES = new Set(["ST_GEOMFROMTEXT", "ST_GEOMETRYFROMTEXT", "GEOMFROMTEXT"]);

/**
 * Finds the placeholders of an INSERT, REPLACE, UPDATE or DELETE, if each of them is stored in a column or compared with a
 * column of the only table that an UPDATE or DELETE names.
 *
 * @returns undefined if one of them has another place, or if the statement may return rows, whose types differ when it is not
 *   prepared
 */
export function bindPlaces(sql: string, tokens: readonly Token[]): Place[] | undefined {
  const statement = withoutEnd(tokens);
  const head = statement[0]?.text ?? "";
  if (!CHANGES.has(head)) return undefined;
  const reader = new PlaceReader(sql, statement, head);
  for (let index = 1; index < statement.length; index++) if (!reader.read(index)) return undefined;
  return reader.places;
}

/** A statement may end with a semicolon. */
function withoutEnd(tokens: readonly Token[]): readonly Token[] {
  return tokens.at(-1)?.text === ";" ? tokens.slice(0, -1) : tokens;
}

class PlaceReader {
  readonly places: Place[] = [];
  readonly #sql: string;
  readonly #tokens: readonly Token[];
  readonly #takesValues: boolean;
  /** The only table that is changed. */
  readonly #table: string | undefined;
  /** The columns that an INSERT names before VALUES. */
  readonly #columns: readonly string[];
  /** Number of values read in the current tuple. */
  #valuesRead = 0;
  /** The column before the IN whose list is being read. */
  #listed: ColumnName | undefined;
  /** The part that is being read, after those that contain it. */
  readonly #parts: Part[];

  constructor(sql: string, tokens: readonly Token[], head: string) {
    this.#sql = sql;
    this.#tokens = tokens;
    this.#takesValues = head === "INSERT" || head === "REPLACE";
    const table = this.#afterHead();
    this.#table = this.#isOnlyTable(table, head) ? this.#nameAt(table) : undefined;
    this.#columns = this.#namesInParentheses(table + 1);
    this.#parts = [this.#takesValues ? "columns" : undefined];
  }

  /** @returns false if a literal may differ from a bound value */
  read(index: number): boolean {
    const token = this.#tokens[index];
    switch (token?.kind) {
      case "word":
        return this.#readWord(index, token.text);
      case "placeholder": {
        const place = this.#placeAt(index, token.start);
        if (!place) return false;
        this.places.push(place);
        return true;
      }
      case "sign":
        return this.#readSign(index, token.text);
      default:
        return true;
    }
  }

  #readWord(index: number, word: string): boolean {
    // After a dot, a keyword is a column's name.
    if (this.#text(index - 1) === ".") return true;
    const isOutside = this.#parts.length === 1;
    // The rows of VALUES are then those of a query, whose columns have types of their own.
    const isQuery = this.#part === "values" && OTHER_CLAUSES.has(word);
    if (word === "RETURNING" || isQuery) return false;
    if (this.#part === "columns" && (word === "VALUES" || word === "VALUE")) this.#part = "values";
    // UPDATE: ON DUPLICATE KEY UPDATE, since the statement's first word is not read.
    else if (isOutside && (word === "SET" || word === "UPDATE")) this.#part = "set";
    else if (word === "WHERE") this.#part = isOutside ? "where" : undefined;
    else if (OTHER_CLAUSES.has(word)) this.#part = undefined;
    return true;
  }

  #readSign(index: number, sign: string): boolean {
    if (sign === ";" || sign === "@") return false;
    if (sign === "(") {
      this.#parts.push(this.#partInside(index));
      if (this.#part === "tuple") this.#valuesRead = 0;
    }
    if (sign === "," && this.#part === "tuple") this.#valuesRead++;
    if (sign === ")") {
      const isList = this.#part === "list";
      this.#parts.pop();
      return !isList || this.#endsCondition(index + 1);
    }
    return true;
  }

  get #part(): Part {
    return this.#parts.at(-1);
  }

  set #part(part: Part) {
    this.#parts[this.#parts.length - 1] = part;
  }

  /** The part that an opening parenthesis begins. */
  #partInside(index: number): Part {
    const before = this.#text(index - 1);
    switch (this.#part) {
      case "values":
        return "tuple";
      case "tuple":
        return GEOMETRIES.has(before) ? "geometry" : undefined;
      case "where":
        if (before === "IN") {
          this.#listed = this.#conditionOn(this.#skipNot(index - 2));
          if (this.#listed) return "list";
        }
        return this.#beginsCondition(index - 1) ? "where" : undefined;
      default:
        return undefined;
    }
  }

  #placeAt(index: number, start: number): Place | undefined {
    const before = this.#text(index - 1);
    const after = this.#text(index + 1);
    const isElement = (before === "(" || before === ",") && (after === ")" || after === ",");
    switch (this.#part) {
      case "tuple":
        return isElement ? this.#storage(start, this.#columns[this.#valuesRead]) : undefined;
      case "geometry":
        return isElement && before === "(" ? { kind: "geometry", start } : undefined;
      case "set":
        return this.#isAssigned(index) ? this.#storage(start, this.#namesEndingAt(index - 2)[0]) : undefined;
      case "list":
        return isElement && this.#isListOfPlaceholders(index)
          ? this.#comparison(index, start, this.#listed)
          : undefined;
      case "where":
        return this.#comparison(index, start, this.#comparedWith(index));
      default:
        return undefined;
    }
  }

  #storage(start: number, column: string | undefined): Place {
    const table = this.#table;
    const isKnown = table !== undefined && column !== undefined;
    return { kind: "column", start, stored: isKnown ? { table, column } : undefined };
  }

  #comparison(index: number, start: number, compared: ColumnName | undefined): Place | undefined {
    if (!compared) return undefined;
    const isPattern = this.#text(index - 1) === "LIKE";
    const isJoined = this.#tokens[index - 2]?.kind === "placeholder";
    return { kind: "comparison", start, compared, isPattern, isJoined };
  }

  /** Checks the neighbours only; each of them checks its own. */
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
    const names = this.#namesEndingAt(index - 2);
    const before = this.#text(index - 1 - 2 * names.length);
    const begins = before === "," || before === "SET" || before === "UPDATE";
    const after = this.#tokens[index + 1];
    const ends = after === undefined || [",", "WHERE", "ORDER", "LIMIT", "ON"].includes(after.text);
    return begins && ends;
  }

  /** The column in `column = ?`, `column like ?` or `column between ? and ?`, if that is a whole condition. */
  #comparedWith(index: number): ColumnName | undefined {
    const before = this.#text(index - 1);
    if (COMPARISONS.has(before)) return this.#ifEnds(index + 1, this.#conditionOn(index - 2));
    if (before === "LIKE") return this.#ifEnds(index + 1, this.#conditionOn(this.#skipNot(index - 2)));
    if (before === "BETWEEN") {
      // The second placeholder checks what stands between them.
      const isWhole = this.#tokens[index + 2]?.kind === "placeholder";
      return isWhole ? this.#conditionOn(this.#skipNot(index - 2)) : undefined;
    }
    const isSecond =
      before === "AND" &&
      this.#tokens[index - 2]?.kind === "placeholder" &&
      this.#text(index - 3) === "BETWEEN";
    return isSecond ? this.#ifEnds(index + 1, this.#conditionOn(this.#skipNot(index - 4))) : undefined;
  }

  #ifEnds(index: number, column: ColumnName | undefined): ColumnName | undefined {
    return this.#endsCondition(index) ? column : undefined;
  }

  #skipNot(index: number): number {
    return this.#text(index) === "NOT" ? index - 1 : index;
  }

  /** The column whose name ends here and begins a condition. */
  #conditionOn(end: number): ColumnName | undefined {
    const [column, qualifier] = this.#namesEndingAt(end);
    const table = this.#table;
    if (column === undefined || table === undefined || this.#takesValues) return undefined;
    if (!this.#beginsCondition(qualifier === undefined ? end - 1 : end - 3)) return undefined;
    return qualifier === undefined || qualifier === table ? { table, column } : undefined;
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

  /** A column's name that ends here, and its qualifiers, from the end. */
  #namesEndingAt(end: number): string[] {
    const names: string[] = [];
    for (let index = end; ; index -= 2) {
      const name = this.#nameAt(index);
      if (name === undefined) return [];
      names.push(name);
      if (this.#text(index - 1) !== ".") return names;
    }
  }

  /** The index at which the first table's name may be. */
  #afterHead(): number {
    let index = 1;
    while (MODIFIERS.has(this.#text(index))) index++;
    return this.#text(index) === (this.#takesValues ? "INTO" : "FROM") ? index + 1 : index;
  }

  /** Whether no other table can follow the one that is named here. */
  #isOnlyTable(index: number, head: string): boolean {
    const after = this.#text(index + 1);
    if (this.#takesValues) return after === "(" || after === "SET";
    return after === (head === "DELETE" ? "WHERE" : "SET");
  }

  #namesInParentheses(start: number): string[] {
    const names: string[] = [];
    for (let index = start; ; index += 2) {
      const name = this.#nameAt(index + 1);
      if (name === undefined || this.#text(index) !== (names.length === 0 ? "(" : ",")) return [];
      names.push(name);
      if (this.#text(index + 2) === ")") return names;
    }
  }

  /** The name at this index, if there is one. */
  #nameAt(index: number): string | undefined {
    const token = this.#tokens[index];
    if (token?.kind === "name") return this.#sql.slice(token.start + 1, token.end - 1).replaceAll("``", "`");
    if (token?.kind !== "word" || NO_COLUMNS.has(token.text)) return undefined;
    return this.#sql.slice(token.start, token.end);
  }

  #text(index: number): string {
    return this.#tokens[index]?.text ?? "";
  }
}
