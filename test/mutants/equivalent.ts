/** A mutant that no test can kill, since the program behaves as before. */
export interface EquivalentMutant {
  /** Relative to the repository. */
  readonly file: string;
  /** The source line, without indentation. */
  readonly line: string;
  /** What was replaced by what, as the list of survivors prints it. */
  readonly change: string;
  readonly reason: string;
}

export const equivalentMutants: readonly EquivalentMutant[] = [
  {
    file: "packages/adapter-drizzle/src/drizzle-options.ts",
    line: "engineNames: readonly string[] = [],",
    change: '[] → ["Stryker was here"]',
    reason: "No option has this name.",
  },
  {
    file: "packages/adapter-pg/src/driver/message-checks.ts",
    line: "if (this.#headerLength === 0 && chunk.length - start >= HEADER_LENGTH) {",
    change: "this.#headerLength === 0 && chunk.length - start >= HEADER_LENGTH → false",
    reason: "Saves a copy of the header; the result is the same.",
  },
  {
    file: "packages/adapter-pg/src/driver/message-checks.ts",
    line: "if (this.#headerLength === 0 && chunk.length - start >= HEADER_LENGTH) {",
    change: "chunk.length - start >= HEADER_LENGTH → chunk.length - start > HEADER_LENGTH",
    reason: "Saves a copy of the header; the result is the same.",
  },
  {
    file: "packages/adapter-pg/src/driver/message-checks.ts",
    line: "if (this.#headerLength === 0 && chunk.length - start >= HEADER_LENGTH) {",
    change: "{ → {}",
    reason: "Saves a copy of the header; the result is the same.",
  },
  {
    file: "packages/adapter-pg/src/driver/client.ts",
    line: "if (this.#options.secret) await this.#findUser();",
    change: "this.#options.secret → true",
    reason: "Saves a turn; without a secret, the user and the database are those that node-postgres has.",
  },
  {
    file: "packages/adapter-drizzle/src/mysql/drizzle-adapter.ts",
    line: 'const createDatabase = databaseFactory<MySql2Database<Tables>>(drizzle, { mode: "default", ...config });',
    change: '"default" → ""',
    reason: 'Drizzle compares the mode only with "planetscale".',
  },
  {
    file: "packages/adapter-kysely/src/kysely-factory.ts",
    line: "const config = { dialect, plugins };",
    change: "{ dialect, plugins } → {}",
    reason: "Kysely's types require it; Kysely looks only whether it is there.",
  },
  {
    file: "packages/adapter-kysely/src/postgres/pool-dialect.ts",
    line: "if (client instanceof RdsProxyClient) note(client.session);",
    change: "client instanceof RdsProxyClient → true",
    reason: "The pool has clients of no other class, which the types do not say.",
  },
  {
    file: "packages/adapter-mysql2/src/driver/clear-text-gate.ts",
    line: "if (received < HEADER_LENGTH) header.set(chunk.subarray(0, HEADER_LENGTH - received), received);",
    change: "received < HEADER_LENGTH → received <= HEADER_LENGTH",
    reason: "Then it copies nothing.",
  },
  {
    file: "packages/adapter-mysql2/src/driver/lease-config.ts",
    line: "const copy = Array.isArray(original) ? [] : Object.create(Reflect.getPrototypeOf(original));",
    change: '[] → ["Stryker was here"]',
    reason: "The length is copied, too.",
  },
  {
    file: "packages/adapter-mysql2/src/driver/packet-tap.ts",
    line: "#goesOn = false;",
    change: "false → true",
    reason: "No packet has begun whose length could be kept.",
  },
  {
    file: "packages/adapter-mysql2/src/driver/packet-tap.ts",
    line: "if (this.#headerLength === 0 && end <= chunk.length) {",
    change: "this.#headerLength === 0 && end <= chunk.length → false",
    reason: "Saves a copy; the result is the same.",
  },
  {
    file: "packages/adapter-mysql2/src/driver/packet-tap.ts",
    line: "if (this.#headerLength === 0 && end <= chunk.length) {",
    change: "end <= chunk.length → end < chunk.length",
    reason: "Saves a copy; the result is the same.",
  },
  {
    file: "packages/adapter-mysql2/src/driver/packet-tap.ts",
    line: "if (this.#headerLength === 0 && end <= chunk.length) {",
    change: "{ → {}",
    reason: "Saves a copy; the result is the same.",
  },
  {
    file: "packages/adapter-mysql2/src/driver/packet-tap.ts",
    line: "const isWhole = this.#length === 0 && end === start + this.#missing && !this.#goesOn;",
    change: "this.#length === 0 && end === start + this.#missing && !this.#goesOn → false",
    reason: "Saves a copy; the result is the same.",
  },
  {
    file: "packages/adapter-mysql2/src/driver/packet-tap.ts",
    line: "const isWhole = this.#length === 0 && end === start + this.#missing && !this.#goesOn;",
    change: "start + this.#missing → start - this.#missing",
    reason: "Saves a copy; the result is the same.",
  },
  {
    file: "packages/adapter-mysql2/src/driver/packet-tap.ts",
    line: "if (!isWhole) chunk.copy(this.#kept, this.#length, start, end);",
    change: "!isWhole → true",
    reason: "Saves a copy; the result is the same.",
  },
  {
    file: "packages/adapter-mysql2/src/driver/physical-connection.ts",
    line: "if (!_command) return;",
    change: "!_command → false",
    reason: "A busy connection has a command, which the types do not see.",
  },
  {
    file: "packages/adapter-mysql2/src/driver/safe-format.ts",
    line: "const PLAIN = /^[ !#-&(-[\\]-\\uffff]*$/;",
    change: "/^[ !#-&(-[\\]-\\uffff]*$/ → /^[ !#-&(-[\\]-\\uffff]$/",
    reason: "Saves objects for texts that are written alike.",
  },
  {
    file: "packages/adapter-mysql2/src/driver/safe-format.ts",
    line: "return PLAIN.test(value) && !UNCLOSED_NAME.test(value) ? value : this.#standIn(value);",
    change: "PLAIN.test(value) && !UNCLOSED_NAME.test(value) → false",
    reason: "Saves objects for texts that are written alike.",
  },
  {
    file: "packages/adapter-mysql2/src/driver/safe-format.ts",
    line: "if (!UNCLOSED_NAME.test(text)) return text;",
    change: "!UNCLOSED_NAME.test(text) → false",
    reason: "Saves placeholders for names that are written alike.",
  },
  {
    file: "packages/adapter-mysql2/src/driver/safe-format.ts",
    line: 'return sql.includes(";") && allowsManyStatements(connection) ? "unknown" : reading();',
    change: '"unknown" → ""',
    reason: 'Whatever is not "escape" counts as unknown.',
  },
  {
    file: "packages/adapter-mysql2/src/driver/session-charset.ts",
    line: "const state: { unsafe: string | undefined } = { unsafe: undefined };",
    change: "{ unsafe: undefined } → {}",
    reason: "A property that is missing reads as undefined.",
  },
  {
    file: "packages/adapter-mysql2/src/pool.ts",
    line: "#hasEnqueued = false;",
    change: "false → true",
    reason: "It is set before each use.",
  },
  {
    file: "packages/adapter-mysql2/src/pool.ts",
    line: "if (isFresh) this.#physical.get(connection)?.session.adopt();",
    change: "this.#physical.get(connection)?.session → this.#physical.get(connection).session",
    reason: "Each of the pool's connections has one, which the types do not say.",
  },
  {
    file: "packages/adapter-mysql2/src/pool.ts",
    line: 'if (physical?.stateInPool !== "busy") connection.destroy();',
    change: "physical?.stateInPool → physical.stateInPool",
    reason: "Each of the pool's connections has one, which the types do not say.",
  },
  {
    file: "packages/adapter-mysql2/src/pool.ts",
    line: "physical?.destroy();",
    change: "physical?.destroy → physical.destroy",
    reason: "Each of the pool's connections has one, which the types do not say.",
  },
  {
    file: "packages/adapter-mysql2/src/pool.ts",
    line: "return false;",
    change: "false → true",
    reason: "mysql2 does not read what `emit()` returns.",
  },
  {
    file: "packages/core/src/events.ts",
    line: "if (!subscribed?.hasSubscribers) return;",
    change: "subscribed?.hasSubscribers → subscribed.hasSubscribers",
    reason: "Each name has a channel, which the type of the record does not say.",
  },
  {
    file: "packages/core/src/validation.ts",
    line: "!(Object.hasOwn(harmless, name) && harmless[name]?.includes(value)),",
    change: "harmless[name]?.includes → harmless[name].includes",
    reason: "The check before it has found the name, which the types do not see.",
  },
  {
    file: "packages/core/src/lease/connection-turns.ts",
    line: "waiter.reject(signal?.reason);",
    change: "signal?.reason → signal.reason",
    reason: "Without a signal, the function is not called.",
  },
  {
    file: "packages/core/src/lease/lease.ts",
    line: "default:",
    change: "default: → default:",
    reason: "The types know of no other state.",
  },
  {
    file: "packages/core/src/session-state/effects.ts",
    line: '"set-local": { pins: false },',
    change: "{ pins: false } → {}",
    reason: "Undefined counts as false.",
  },
  {
    file: "packages/core/src/session-state/token-reader.ts",
    line: 'kind: TokenKind = "symbol";',
    change: '"symbol" → ""',
    reason: "The first token replaces it.",
  },
  {
    file: "packages/core/src/session-state/token-reader.ts",
    line: "if (afterComment < 0) {",
    change: "afterComment < 0 → afterComment <= 0",
    reason: "Zero is the place of the token that begins the text, which has been handled before.",
  },
  {
    file: "packages/core/src/session-state/token-reader.ts",
    line: "const opens = inner !== -1 && inner < end;",
    change: "inner < end → inner <= end",
    reason: "The two marks differ, so they are at two places.",
  },
  {
    file: "packages/database/src/database.ts",
    line: "() => false,",
    change: "() => false → () => undefined",
    reason: "Only whether it is true counts.",
  },
  {
    file: "packages/database/src/invocations.ts",
    line: "if (this.#held.size === 0) return undefined;",
    change: "this.#held.size === 0 → false",
    reason: "Saves most invocations two arrays; the result is the same.",
  },
  {
    file: "packages/database/src/invocations.ts",
    line: "if (this.#waiters.length === 0) return;",
    change: "this.#waiters.length === 0 → false",
    reason: "Saves most invocations an array; the result is the same.",
  },
  {
    file: "packages/database/src/time-budget.ts",
    line: ": context.lambdaContext?.getRemainingTimeInMillis?.();",
    change:
      "context.lambdaContext?.getRemainingTimeInMillis?.() → context.lambdaContext?.getRemainingTimeInMillis()",
    reason: "Saves an error that has the same effect.",
  },
  {
    file: "packages/database/src/time-budget.ts",
    line: ": context.lambdaContext?.getRemainingTimeInMillis?.();",
    change:
      "context.lambdaContext?.getRemainingTimeInMillis → context.lambdaContext.getRemainingTimeInMillis",
    reason: "Saves an error that has the same effect.",
  },
];
