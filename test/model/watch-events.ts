import { onRdsProxyEvent, type RdsProxyEventName } from "@rds-proxy/core";
import { EventFollower, observe, type Places } from "./follow-events.js";

const OBSERVED = [
  "connect",
  "retry",
  "failure",
  "acquire",
  "validate",
  "discard",
  "release",
] as const satisfies readonly RdsProxyEventName[];

/**
 * Follows the events of this process.
 *
 * @param onViolation called with what is wrong and the events before, once
 * @returns a function that stops it
 */
export function watchEvents(places: readonly Places[], onViolation: (message: string) => void): () => void {
  if (places.length === 0) return () => undefined;
  const follower = new EventFollower(places);
  /** The last ones. */
  const recent: string[] = [];
  let isOver = false;
  const stops = OBSERVED.map((name) =>
    onRdsProxyEvent(name, (payload) => {
      const event = observe(name, payload);
      if (isOver || !event) return;
      const message = follower.next(event);
      if (message !== undefined) {
        isOver = true;
        onViolation(`${message}, after ${recent.join(", ")}`);
      }
      recent.push(event.reason === undefined ? name : `${name} (${event.reason})`);
      if (recent.length > 20) recent.shift();
    }),
  );
  return () => {
    for (const stop of stops) stop();
  };
}
