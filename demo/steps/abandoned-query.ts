import { queryTimeoutMs, slowQuerySeconds } from "../handlers/task.js";
import type { Side } from "../side.js";
import { describe, warmUp } from "./measure.js";
import type { Finding, Step } from "./step.js";

/** A new connection takes a few ms here; the abandoned query takes seconds. */
const atOnceMs = 500;

export const abandonedQuery: Step = {
  title: "Abandoned query",
  explanation: `a handler gives up on a query of ${slowQuerySeconds} s after ${queryTimeoutMs} ms`,
  async run(side: Side): Promise<readonly Finding[]> {
    const { lambda } = side;
    await warmUp(side);
    await lambda.invoke("abandon-slow-query");
    const next = await lambda.invoke("look-around");
    const isAtOnce = next.durationMs < atOnceMs;
    return [
      {
        held: next.answer !== undefined && isAtOnce,
        text: `the next invocation ${describe(next)}${next.answer && !isAtOnce ? ", behind the abandoned query" : ""}`,
      },
    ];
  },
};
