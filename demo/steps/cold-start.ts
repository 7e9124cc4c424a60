import type { Side } from "../side.js";
import { count, countTraffic, duration, median } from "./measure.js";
import type { Finding, Step } from "./step.js";

const environments = 5;

export const coldStart: Step = {
  title: "Cold start",
  explanation: `${environments} new environments, to the first answer`,
  async run(side: Side): Promise<readonly Finding[]> {
    const traffic = countTraffic(side);
    const durations: number[] = [];
    for (let started = 0; started < environments; started++) {
      await side.lambda.retire();
      const outcome = await side.lambda.invoke("look-around");
      if (!outcome.answer) return [{ held: false, text: outcome.reason }];
      durations.push(outcome.durationMs);
    }
    const { connections, tokensAccepted } = traffic();
    return [
      {
        held: connections === environments && tokensAccepted === environments,
        text:
          `first answer after ${duration(median(durations))} (median); ` +
          `${count(connections, "connection")} and ${count(tokensAccepted, "token")} in all`,
      },
    ];
  },
};
