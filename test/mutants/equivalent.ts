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
