import { subscribe } from "node:diagnostics_channel";
import { inspect } from "node:util";
import type { RdsProxyEventName } from "@rds-proxy/core";

/** A record, so that the compiler finds a missing event. */
const EVENTS = {
  sign: true,
  connect: true,
  retry: true,
  failure: true,
  wait: true,
  acquire: true,
  validate: true,
  discard: true,
  pin: true,
  keep: true,
  release: true,
} as const satisfies Record<RdsProxyEventName, true>;

const events: string[] = [];

/** Begins to record this process's events where `TEST_REVEAL` is set. */
export function collectRevelations(): void {
  if (!process.env["TEST_REVEAL"]) return;
  for (const name of Object.keys(EVENTS)) {
    subscribe(`rds-proxy:${name}`, (payload) => events.push(`${name} ${reveal(payload)}`));
  }
}

/** Everything that can be seen of an object: as Node shows it, and every text and byte that can be reached from it. */
export function reveal(value: unknown): string {
  return `${inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true })}\n${textsWithin(value).join("\n")}`;
}

/** The events so far, and Node's diagnostic report of this moment. */
export function revealProcess(): { readonly events: readonly string[]; readonly report: string } {
  return { events, report: JSON.stringify(process.report.getReport()) };
}

function textsWithin(root: unknown): string[] {
  const texts: string[] = [];
  const seen = new Set<object>();
  const queue: unknown[] = [root];
  while (queue.length > 0) {
    const value = queue.shift();
    if (typeof value === "string") texts.push(value);
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value))
      continue;
    seen.add(value);
    if (value instanceof Uint8Array) {
      // Its own bytes only: small buffers share their memory with other data of Node's.
      texts.push(Buffer.from(value).toString("latin1"));
      continue;
    }
    if (value instanceof Map) queue.push(...value.keys(), ...value.values());
    if (value instanceof Set) queue.push(...value);
    queue.push(Object.getPrototypeOf(value));
    for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(value)))
      queue.push(descriptor.value);
    for (const symbol of Object.getOwnPropertySymbols(value)) {
      queue.push(Object.getOwnPropertyDescriptor(value, symbol)?.value);
    }
  }
  return texts;
}
