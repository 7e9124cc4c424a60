import type { LookupFunction } from "node:net";
import { builtinModule } from "../loading/builtin-module.js";
import { loadOnDemand } from "../loading/load-on-demand.js";
import { clearTimeout, setTimeout } from "../time/timers.js";

/**
 * How long Node's own lookup may take alone, in milliseconds. A VPC's resolver answers within a few, so a second query is rare; and
 * it is short against the time of an attempt.
 */
const ALONE_MS = 150;

/**
 * Node's own lookup. It needs a thread of libuv's pool, and on Managed Instances all of them may be waiting for invocations. If it
 * is slow, a second way without threads starts beside it, and the first answer counts.
 */
export const lookUp: LookupFunction = (host, options, callback) => {
  let isAnswered = false;
  const answer: typeof callback = (...result) => {
    if (isAnswered) return;
    isAnswered = true;
    clearTimeout(timer);
    callback(...result);
  };
  const timer = setTimeout(() => {
    loadOnDemand()
      .then(({ lookUpWithoutThreads }) => lookUpWithoutThreads(host, options))
      .then(
        (result) => answer(...result),
        // Node's own lookup still answers, or the attempt ends with its deadline.
        () => undefined,
      );
  }, ALONE_MS);
  builtinModule("node:dns").lookup(host, options, answer);
};
