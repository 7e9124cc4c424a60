import type { Backend } from "../backend/backend.js";
import type { BorrowRequest } from "../backend/backend-pool.js";
import type { ClientMessage } from "../client/client-message.js";
import type { ResolvedOptions, ResolvedPinning } from "../options/options.js";
import type { PinCause } from "../pinning/pin.js";
import { type PostgresPinRule, postgresPinReasons } from "../pinning/postgres-pin-rules.js";
import type { SessionState } from "../session-state.js";
import { digestOf } from "../statements/digest.js";
import { isTooLong } from "../statements/statement-limit.js";
import type { PostgresConversation } from "./conversation.js";
import type { TypedPiece } from "./message-splitter.js";
import { findFunctionPin, findPostgresPins } from "./pin-rules.js";
import { ProxyQuery } from "./proxy-query.js";

/** The state of a PostgreSQL session. It never changes: every statement that changes session state pins the session. */
export class PostgresSessionState implements SessionState<TypedPiece> {
  readonly #request: BorrowRequest<Backend<TypedPiece>>;
  readonly #pinning: ResolvedPinning;
  readonly #conversation: Pick<PostgresConversation, "syntax" | "unnamed">;
  readonly #forgetsUnnamed: boolean;
  // Length of the latest Parse message's statement.
  #parsedBytes = 0;

  constructor(
    request: BorrowRequest<Backend<TypedPiece>>,
    conversation: Pick<PostgresConversation, "syntax" | "unnamed">,
    { pinning, unnamedStatement }: Pick<ResolvedOptions, "pinning" | "unnamedStatement">,
  ) {
    this.#request = request;
    this.#conversation = conversation;
    this.#pinning = pinning;
    this.#forgetsUnnamed = unnamedStatement === "refuse";
  }

  borrowRequest(): BorrowRequest<Backend<TypedPiece>> {
    return this.#request;
  }

  note(message: ClientMessage): PinCause | undefined {
    const { text } = message;
    if (message.type === "Parse") this.#parsedBytes = message.textBytes;
    const tokens = text === undefined ? [] : this.#conversation.syntax.tokenize(text);
    const found: PostgresPinRule[] = [...this.#rulesOfMessage(message), ...findPostgresPins(tokens)];
    const rule = found.find((candidate) => this.#pinning.rules.has(candidate));
    if (rule === undefined) return undefined;
    const digest = text === undefined ? undefined : digestOf(tokens, (index) => `$${index}`);
    return { rule, reason: postgresPinReasons[rule], digest };
  }

  readChanges(): undefined {
    this.#conversation.unnamed.leaveBackend();
    return undefined;
  }

  restore(piece: TypedPiece): ProxyQuery | undefined {
    return this.#conversation.unnamed.restore(piece, this.#forgetsUnnamed);
  }

  readOnlyStatement(isReadOnly: boolean): ProxyQuery {
    // A simple query of the proxy ends the unnamed statement too.
    this.#conversation.unnamed.leaveBackend();
    return new ProxyQuery(`SET default_transaction_read_only = ${isReadOnly ? "on" : "off"}`);
  }

  #rulesOfMessage(message: ClientMessage): PostgresPinRule[] {
    const { countsBoundValues, statementLimit } = this.#pinning;
    const isBind = message.type === "Bind";
    const isOverWithValues =
      isBind && countsBoundValues && this.#parsedBytes + message.bytes > statementLimit;
    const rules: PostgresPinRule[] = [];
    if (isTooLong(message, this.#pinning) || isOverWithValues) rules.push("long-statement");
    if (message.type === "Parse" && message.statementName !== "") rules.push("named-statement");
    if (isBind || message.type === "Describe") {
      const isUnnamed = message.statementName === "";
      if (isUnnamed && this.#conversation.unnamed.isOfEarlierRequest) rules.push("unnamed-statement");
    }
    if (isBind && message.portalName !== "") rules.push("named-portal");
    const functionRule = message.functionId === undefined ? undefined : findFunctionPin(message.functionId);
    if (functionRule !== undefined) rules.push(functionRule);
    return rules;
  }
}
