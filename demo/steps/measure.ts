import { setTimeout as delay } from "node:timers/promises";
import type { Outcome } from "../lambda-function.js";
import type { Side } from "../side.js";

/** What a side requested from its proxy in a period. */
export interface Traffic {
  /** Connections that clients opened, refused ones included. */
  readonly connections: number;
  /** Logins whose token passed every check. */
  readonly tokensAccepted: number;
  readonly tokensRefused: number;
  /** Tokens that were not seen before. */
  readonly newTokens: number;
}

/** Counts from now until the returned function is called. */
export function countTraffic({ proxy }: Side): () => Traffic {
  const before = totals(proxy.metrics());
  return () => {
    const now = totals(proxy.metrics());
    return {
      connections: now.connections - before.connections,
      tokensAccepted: now.tokensAccepted - before.tokensAccepted,
      tokensRefused: now.tokensRefused - before.tokensRefused,
      newTokens: now.newTokens - before.newTokens,
    };
  };
}

function totals(metrics: ReturnType<Side["proxy"]["metrics"]>): Traffic {
  return {
    connections: metrics.ClientConnectionsReceived,
    tokensAccepted: metrics.TokensVerified,
    tokensRefused: Object.values(metrics.TokensRefused).reduce((sum, count) => sum + count, 0),
    newTokens: metrics.DistinctTokens,
  };
}

/** One successful invocation, so that the environment is warm and has a connection. */
export async function warmUp({ lambda }: Side): Promise<void> {
  const outcome = await lambda.invoke("look-around");
  if (!outcome.answer) throw new Error(`An undisturbed invocation failed: ${outcome.reason}`);
}

/** Resolves when the condition is true, at the latest after `limitMs`. */
export async function until(isSo: () => boolean, limitMs = 2000): Promise<void> {
  const startedAt = performance.now();
  while (!isSo() && performance.now() - startedAt < limitMs) await delay(5);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** "answered in 3.1 ms", or the failure. */
export function describe(outcome: Outcome): string {
  return outcome.answer
    ? `answered in ${duration(outcome.durationMs)}`
    : `failed: ${outcome.reason.replace(/\.$/, "")}`;
}

export function duration(ms: number): string {
  if (ms >= 60_000) return `${Math.round(ms / 60_000)} min`;
  if (ms >= 995) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 9.95 ? 1 : 0)} ms`;
}

/** "1 token", "2 tokens". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
