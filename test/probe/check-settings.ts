import { isDeepStrictEqual } from "node:util";
import { type ProbeReport, probe } from "@rds-proxy/doctor";
import { type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import type { ProfileSettings } from "../../packages/local-proxy/src/options/profile.js";
import { expectationFor } from "./expectation.js";
import type { ServerTraits } from "./server-traits.js";

/** Probes a local proxy with these settings; returns what the probe got wrong. */
export async function checkSettings(
  engine: LocalProxyOptions["engine"],
  upstream: DatabaseServer,
  traits: ServerTraits,
  settings: ProfileSettings,
): Promise<readonly string[]> {
  const options = { engine, upstream, ...settings } satisfies LocalProxyOptions;
  const report = await probeLocally(options);
  if (report.outcome !== "probed") return [`${report.outcome}: ${report.problem}`];
  const expected = expectationFor(options, traits);
  const found: Readonly<Record<string, unknown>> = Object.fromEntries(
    report.results.map((result) => [
      result.setting,
      result.outcome === "decided" ? result.value : "undecided",
    ]),
  );
  const reasons = report.profile?.undecided ?? {};
  return [...new Set([...Object.keys(expected), ...Object.keys(found)])]
    .filter((setting) => !isDeepStrictEqual(sorted(found[setting]), sorted(expected[setting])))
    .map(
      (setting) =>
        `${setting}: expected ${JSON.stringify(expected[setting])}, got ${JSON.stringify(found[setting])} ` +
        (reasons[setting] ?? ""),
    );
}

/** The report about a local proxy with these options. */
export async function probeLocally(options: LocalProxyOptions): Promise<ProbeReport> {
  const proxy = await startLocalProxy(options);
  try {
    return await probe({
      ...proxy.connectionOptions,
      engine: options.engine,
      takesLocks: true,
      connectTimeoutMs: 60_000,
      timeoutMs: 600_000,
    });
  } finally {
    await proxy.close();
  }
}

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? value.toSorted() : value;
}

/** Works on several items at a time. */
export async function eachOf<T>(
  items: readonly T[],
  atATime: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const rest = items.entries();
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      for (const [index, item] of rest) await work(item, index);
    }),
  );
}
