import { shortestFreezeMs } from "../lambda-function.js";
import type { Side } from "../side.js";
import { describe, duration, warmUp } from "./measure.js";
import type { Finding, Step } from "./step.js";

/** Short, because a silent connection may take all of it. */
const timeoutMs = 3000;

const longFreezeMs = 10 * 60_000;

interface Death {
  /** What happens to the connection. */
  readonly name: string;
  readonly frozenForMs: number;
  /** Ends the connections and returns their number. */
  strike(side: Side): number;
}

const deaths: readonly Death[] = [
  {
    name: "closed (FIN)",
    frozenForMs: shortestFreezeMs,
    strike: ({ proxy }) => proxy.faults.killConnections("fin"),
  },
  {
    name: "reset (RST)",
    frozenForMs: shortestFreezeMs,
    strike: ({ proxy }) => proxy.faults.killConnections("rst"),
  },
  {
    name: "closed (FIN)",
    frozenForMs: longFreezeMs,
    strike: ({ proxy }) => proxy.faults.killConnections("fin"),
  },
  {
    name: "gone silent",
    frozenForMs: longFreezeMs,
    strike: ({ proxy }) => proxy.faults.silenceConnections(),
  },
];

export const freezeAndThaw: Step = {
  title: "Freeze and thaw",
  explanation: "the process is frozen for a while, and its connection dies meanwhile",
  async run(side: Side): Promise<readonly Finding[]> {
    const findings: Finding[] = [];
    for (const { name, frozenForMs, strike } of deaths) {
      await warmUp(side);
      let struck = 0;
      await side.lambda.freeze(frozenForMs, () => {
        struck = strike(side);
      });
      if (struck !== 1) throw new Error(`Expected one warm connection to strike, found ${struck}.`);
      const outcome = await side.lambda.invoke("look-around", { timeoutMs });
      findings.push({
        held: outcome.answer !== undefined,
        text: `${duration(frozenForMs)}, ${name}: ${describe(outcome)}`,
      });
    }
    return findings;
  },
};
