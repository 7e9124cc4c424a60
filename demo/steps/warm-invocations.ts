import type { Side } from "../side.js";
import { count, countTraffic, duration, median, warmUp } from "./measure.js";
import type { Finding, Step } from "./step.js";

const invocations = 300;

export const warmInvocations: Step = {
  title: "Warm invocations",
  explanation: `${invocations} in a row`,
  async run(side: Side): Promise<readonly Finding[]> {
    await warmUp(side);
    const traffic = countTraffic(side);
    const durations: number[] = [];
    for (let done = 0; done < invocations; done++) {
      const outcome = await side.lambda.invoke("look-around");
      if (!outcome.answer) return [{ held: false, text: outcome.reason }];
      durations.push(outcome.durationMs);
    }
    const { connections, tokensAccepted } = traffic();
    return [
      {
        held: connections === 0 && tokensAccepted === 0,
        text:
          `${duration(median(durations))} each (median); ` +
          `${count(connections, "new connection")}, ${count(tokensAccepted, "token")}`,
      },
    ];
  },
};
