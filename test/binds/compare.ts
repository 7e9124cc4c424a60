import { isDeepStrictEqual } from "node:util";
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import { inlineBinds } from "../../packages/adapter-sequelize/src/dialects/inline-binds.js";
import { type BoundStatement, COLUMNS, SEEDS } from "./statements.js";

/** How a session is set up before statements are compared. */
export interface SessionKind {
  readonly charset: string;
  readonly sqlMode: string;
}

const STRICT = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";
const MODES = [
  STRICT,
  "",
  `${STRICT},ANSI_QUOTES`,
  `${STRICT},NO_BACKSLASH_ESCAPES`,
  "ANSI_QUOTES,NO_BACKSLASH_ESCAPES",
];

export const SESSION_KINDS: readonly SessionKind[] = ["utf8mb4", "latin1", "sjis", "gbk"].flatMap((charset) =>
  MODES.map((sqlMode) => ({ charset, sqlMode })),
);

const COLUMN_TYPES: Readonly<Record<string, string>> = { id: "int", ...COLUMNS };

/** What came of one statement: its result or error, and the whole table afterwards. */
interface Outcome {
  readonly errno: number | undefined;
  readonly result: object;
  readonly warnings: unknown;
  readonly rows: unknown;
}

/**
 * - `prepared`: the values do not go into the text
 * - `equal`: the same result, warnings and rows, or the same error
 * - `refused`: an error in at least one of the two ways, where the other has another one or none
 * - `charset`: in a session with sjis, which the driver does not know of, the server takes a bound backslash for another
 *   one than its own
 */
export type Verdict = "prepared" | "equal" | "refused" | "charset" | "different";

export interface Comparison {
  readonly verdict: Verdict;
  /** Which errors a refused statement gives in the two ways. */
  readonly reason?: string;
  /** For a report. */
  readonly details: object;
}

/** One session that runs statements once prepared and once with the values in their text, on two tables that are alike. */
export class BindComparison {
  readonly #connection: Connection;
  readonly #kind: SessionKind;
  readonly #tables: readonly [string, string];

  private constructor(connection: Connection, kind: SessionKind, tables: readonly [string, string]) {
    this.#connection = connection;
    this.#kind = kind;
    this.#tables = tables;
  }

  /** @param table tables of this name, and of it with an underscore, are made anew */
  static async open(
    server: { host: string; port: number; user: string; password: string; database: string },
    kind: SessionKind,
    table: string,
  ): Promise<BindComparison> {
    const { host, port, user, password, database } = server;
    const connection = await createConnection({
      host,
      port,
      user,
      password,
      database,
      multipleStatements: true,
      rowsAsArray: true,
    });
    const tables = [table, `${table}_`] as const;
    const columns = Object.entries(COLUMNS).map(([name, type]) => `${name} ${type}`);
    for (const each of tables) {
      await connection.query(`drop table if exists ${each}`);
      await connection.query(
        `create table ${each} (id int primary key auto_increment, ${columns.join(", ")})`,
      );
      await connection.query(`insert into ${each} values ${SEEDS.join(", ")}`);
    }
    await connection.query("set sql_mode = ?", [kind.sqlMode]);
    // Like an initialization query of the proxy, which the driver does not see: it goes on writing UTF-8.
    const charsetNumber: unknown = Reflect.get(connection.config, "charsetNumber");
    Object.defineProperty(connection.config, "charsetNumber", {
      get: () => charsetNumber,
      set: () => undefined,
    });
    await connection.query(`set names ${kind.charset}; set insert_id = 500; start transaction`);
    return new BindComparison(connection, kind, tables);
  }

  /** Closes at once, and leaves the tables. */
  destroy(): void {
    this.#connection.destroy();
  }

  async close(): Promise<void> {
    await this.#connection.query(`rollback; drop table ${this.#tables.join(", ")}`);
    await this.#connection.end();
  }

  async compare({ sql, values, isModelled }: BoundStatement): Promise<Comparison> {
    const [one, other] = this.#tables;
    const backslash = this.#kind.sqlMode.includes("NO_BACKSLASH_ESCAPES") ? "character" : "escape";
    const text = inlineBinds(sql.replaceAll("$t", other), values, backslash, ({ column }) =>
      isModelled ? COLUMN_TYPES[column] : undefined,
    );
    if (text === undefined) return { verdict: "prepared", details: {} };
    const parameters: unknown = [...values];
    const prepared = await this.#outcome(one, () =>
      this.#connection.execute(sql.replaceAll("$t", one), Object(parameters)),
    );
    // Prepared again, it would convert values to the types of those that it had before.
    this.#connection.unprepare(sql.replaceAll("$t", one));
    const inline = await this.#outcome(other, () => this.#connection.query({ sql: text, values: [] }));
    const verdict = this.#verdictOn(text, prepared, inline);
    const reason = `prepared ${prepared.errno ?? "succeeds"}, in the text ${inline.errno ?? "succeeds"}`;
    return {
      verdict,
      ...(verdict === "refused" ? { reason } : {}),
      details: { sql, values, text, prepared, inline },
    };
  }

  #verdictOn(text: string, prepared: Outcome, inline: Outcome): Verdict {
    const isAlike = isDeepStrictEqual(prepared.rows, inline.rows);
    if (prepared.errno !== undefined || inline.errno !== undefined) {
      return isAlike && prepared.errno === inline.errno ? "equal" : "refused";
    }
    if (isAlike && isDeepStrictEqual(prepared.result, inline.result)) return "equal";
    if (this.#kind.charset === "sjis" && text.includes("quote(")) return "charset";
    return "different";
  }

  async #outcome(table: string, work: () => Promise<[unknown, unknown]>): Promise<Outcome> {
    const [errno, result] = await work().then(
      ([header]) => [undefined, pick(header, ["affectedRows", "insertId", "changedRows"])] as const,
      (error: unknown) => [Number(Reflect.get(Object(error), "errno")), {}] as const,
    );
    const columns = Object.keys(COLUMNS).map((column) =>
      column === "c_float" ? "cast(c_float as double)" : column,
    );
    const [[warnings = [], rows = []]] = await this.#connection.query<RowDataPacket[][]>({
      sql: `show warnings; select id, ${columns.join(", ")} from ${table} order by id; rollback; set insert_id = 500; start transaction`,
      typeCast: false,
    });
    return {
      errno,
      result,
      // Level and number: the message has the table's name, and shows a value in one character set or another.
      warnings: warnings.map((row) => Object.values(row).slice(0, 2).map(String)),
      rows: rows.map((row) =>
        Object.values(row).map((value) => (Buffer.isBuffer(value) ? value.toString("hex") : value)),
      ),
    };
  }
}

function pick(source: unknown, names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, Reflect.get(Object(source), name)]));
}
