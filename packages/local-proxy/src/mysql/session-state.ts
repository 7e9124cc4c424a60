import type { Backend } from "../backend/backend.js";
import type { BorrowRequest } from "../backend/backend-pool.js";
import { openBackend, runProxyStatement } from "../backend/open-backend.js";
import type { UpstreamConnection, UpstreamSecret } from "../backend/upstream-connection.js";
import type { ClientMessage } from "../client/client-message.js";
import { type MysqlPinRule, mysqlPinReasons } from "../pinning/mysql-pin-rules.js";
import type { PinCause } from "../pinning/pin.js";
import type { ProxyState } from "../proxy-state.js";
import type { SessionState } from "../session-state.js";
import { digestOf } from "../statements/digest.js";
import { isTooLong } from "../statements/statement-limit.js";
import type { MysqlConversation } from "./conversation.js";
import { MessageSplitter, type PacketPiece } from "./message-splitter.js";
import { marker } from "./messages.js";
import { findMysqlEffects } from "./pin-rules.js";
import { ProxyQuery } from "./proxy-query.js";
import { isEndNumber, isUnavailable } from "./refusals.js";
import { headLength, type ReplyForm } from "./replies/phase.js";
import type { Startup } from "./startup.js";
import { TrackedSettings } from "./tracked-settings.js";
import { trackedVariables, variablesChangedWith, variablesOfDatabase } from "./tracked-variables.js";
import { logInUpstream } from "./upstream-login.js";

const databaseQuery = "SELECT 'database', DATABASE()";

// Commands without a statement.
const changesDatabase = new Set(["COM_INIT_DB", "COM_DROP_DB"]);
const ruleOfCommand: ReadonlyMap<string, MysqlPinRule> = new Map([
  ["COM_STMT_PREPARE", "prepared-statement"],
  // It switches multiple statements on or off, session state that RDS Proxy does not track.
  ["COM_SET_OPTION", "set-variable"],
]);

/** The state of a MySQL session. Tracked variables and the database follow the client from backend to backend. */
export class MysqlSessionState implements SessionState<PacketPiece> {
  readonly #secret: UpstreamSecret;
  readonly #startup: Startup;
  readonly #form: ReplyForm;
  readonly #conversation: Pick<MysqlConversation, "isAutocommit" | "syntax">;
  readonly #proxy: ProxyState;
  readonly #settings: TrackedSettings;
  readonly #loginKey: string;
  // What the requests since the last readChanges() may have changed.
  readonly #variables = new Set<string>();
  #mayChangeDatabase = false;
  #isReset = false;

  constructor(
    secret: UpstreamSecret,
    startup: Startup,
    form: ReplyForm,
    conversation: Pick<MysqlConversation, "isAutocommit" | "syntax">,
    proxy: ProxyState,
  ) {
    this.#secret = secret;
    this.#startup = startup;
    this.#form = form;
    this.#conversation = conversation;
    this.#proxy = proxy;
    this.#settings = new TrackedSettings(startup.database);
    // Capabilities decide the form of replies; the collation sets the character set, as SET NAMES does.
    this.#loginKey = JSON.stringify([secret.user, String(startup.capabilities), startup.collation]);
  }

  get #key(): string {
    return this.#loginKey + this.#settings.key;
  }

  borrowRequest(): BorrowRequest<Backend<PacketPiece>> {
    return { key: this.#key, open: (timeoutMs, signal) => this.#open(timeoutMs, signal) };
  }

  note(message: ClientMessage): PinCause | undefined {
    const { pinning } = this.#proxy.options;
    const { type, text } = message;
    if (changesDatabase.has(type)) this.#mayChangeDatabase = true;
    if (type === "COM_RESET_CONNECTION") this.#isReset = true;
    const tokens = text === undefined ? [] : this.#conversation.syntax.tokenize(text);
    const effects = findMysqlEffects(tokens);
    for (const variable of effects.variables) this.#variables.add(variable);
    if (effects.changesDatabase) this.#mayChangeDatabase = true;
    // For the next statements of a transaction. What the server has made of it is read at its end.
    this.#conversation.syntax.noteVariables(effects.sqlMode, effects.characterSet);
    const commandRule = ruleOfCommand.get(type);
    const found: MysqlPinRule[] = [
      ...(isTooLong(message, pinning) ? (["long-statement"] as const) : []),
      ...(commandRule === undefined ? [] : [commandRule]),
      ...(pinning.excludesVariableSets && effects.areOfSetOnly
        ? effects.rules.filter((rule) => rule === "multi-statement")
        : effects.rules),
    ];
    const rule = found.find((candidate) => pinning.rules.has(candidate));
    if (rule === undefined) return undefined;
    const digest = text === undefined ? undefined : digestOf(tokens, () => "?");
    return { rule, reason: mysqlPinReasons[rule], digest };
  }

  readChanges(backend: Backend<PacketPiece>): Promise<void> | undefined {
    if (this.#isReset) {
      // Servers differ in whether COM_RESET_CONNECTION restores the login's character set.
      this.#isReset = false;
      this.#settings.reset();
      backend.markUnusable();
    }
    const { isAutocommit } = this.#conversation;
    if (isAutocommit !== undefined) {
      this.#settings.note([["autocommit", isAutocommit ? "ON" : "OFF"]], backend.defaults);
    }
    if (this.#variables.size > 0 || this.#mayChangeDatabase) return this.#readFrom(backend);
    this.#noteSyntax(backend);
    backend.key = this.#key;
    return undefined;
  }

  restore(): undefined {
    return undefined;
  }

  readOnlyStatement(isReadOnly: boolean): ProxyQuery {
    return new ProxyQuery(`SET SESSION TRANSACTION READ ${isReadOnly ? "ONLY" : "WRITE"}`, this.#form);
  }

  async #readFrom(backend: Backend<PacketPiece>): Promise<void> {
    const variables = [...this.#variables].flatMap(variablesChangedWith);
    const mayChangeDatabase = this.#mayChangeDatabase;
    this.#variables.clear();
    this.#mayChangeDatabase = false;
    if (mayChangeDatabase) await this.#readDatabase(backend, variables);
    if (variables.length > 0) this.#settings.note(await this.#valuesOf(backend, variables), backend.defaults);
    this.#noteSyntax(backend);
    backend.key = this.#key;
  }

  /** Reads the current database; `assigned` are the variables that the same requests may have changed. */
  async #readDatabase(backend: Backend<PacketPiece>, assigned: readonly string[]): Promise<void> {
    const { rows, error } = await this.#run(backend, databaseQuery);
    if (error !== undefined) backend.markUnusable();
    this.#settings.database = rows.get("database");
    // A login with this database sets them as well. A value that was assigned has to be assigned again.
    const isAssigned = variablesOfDatabase.some((name) => assigned.includes(name));
    const values = isAssigned ? [] : await this.#valuesOf(backend, variablesOfDatabase);
    const others = [...backend.defaults].filter(([name]) => !variablesOfDatabase.includes(name));
    backend.defaults = new Map([...others, ...values]);
    this.#settings.forget(variablesOfDatabase);
  }

  async #valuesOf(
    backend: Backend<PacketPiece>,
    names: readonly string[],
  ): Promise<[name: string, value: string][]> {
    const { rows, error } = await this.#run(backend, variablesQuery(names));
    if (error !== undefined) backend.markUnusable();
    return textsOf(rows);
  }

  #noteSyntax({ defaults }: Pick<Backend<PacketPiece>, "defaults">): void {
    const current = (name: string): string | undefined => this.#settings.currentValue(name, defaults);
    this.#conversation.syntax.noteVariables(current("sql_mode"), current("character_set_client"));
  }

  #open(timeoutMs: number, signal: AbortSignal): Promise<Backend<PacketPiece>> {
    const startup = { ...this.#startup, database: this.#settings.database };
    const { statement } = this.#settings;
    const opening = {
      key: this.#key,
      logIn: (upstream: UpstreamConnection) => logInUpstream(upstream, this.#secret, startup),
      createReplySplitter: () => new MessageSplitter(headLength, true),
      isError: ({ head }: PacketPiece) => head[0] === marker.error,
      endsSession: ({ head }: PacketPiece) => head[0] === marker.error && isEndNumber(head.readUInt16LE(1)),
      isUnavailable,
      prepare: async (backend: Backend<PacketPiece>): Promise<void> => {
        const { initQuery } = this.#proxy.options;
        if (initQuery !== undefined) await runProxyStatement(backend, new ProxyQuery(initQuery, this.#form));
        const query = new ProxyQuery(variablesQuery([...trackedVariables]), this.#form);
        const { rows } = await runProxyStatement(backend, query);
        backend.defaults = new Map(textsOf(rows));
        this.#noteSyntax(backend);
        if (statement !== undefined) await runProxyStatement(backend, new ProxyQuery(statement, this.#form));
      },
    };
    return openBackend(this.#proxy, opening, timeoutMs, signal);
  }

  async #run(backend: Backend<PacketPiece>, text: string): Promise<ProxyQuery> {
    const query = new ProxyQuery(text, this.#form);
    await backend.run(query);
    return query;
  }
}

// Unlike SELECT @@name, SHOW VARIABLES leaves out names that the server does not know.
function variablesQuery(names: readonly string[]): string {
  return `SHOW SESSION VARIABLES WHERE Variable_name IN (${names.map((name) => `'${name}'`).join(", ")})`;
}

function textsOf(rows: ReadonlyMap<string, Buffer | undefined>): [name: string, value: string][] {
  return [...rows].map(([name, value]) => [name, value?.toString("latin1") ?? ""]);
}
