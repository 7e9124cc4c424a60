import type { Side } from "../side.js";
import { count, countTraffic, describe, until, warmUp } from "./measure.js";
import type { Finding, Step } from "./step.js";

const laterMs = 20 * 60_000;

export const expiredToken: Step = {
  title: "Expired token",
  explanation: "20 minutes later a new connection has to log in",
  async run(side: Side): Promise<readonly Finding[]> {
    const { lambda, proxy, clock } = side;
    await warmUp(side);
    clock.advance(laterMs);
    proxy.faults.killConnections("fin");
    // The environment is awake and sees the end of its connection: this step is about the token alone.
    await until(() => proxy.metrics().ClientConnections === 0);
    const traffic = countTraffic(side);
    const outcome = await lambda.invoke("look-around");
    const { newTokens, tokensRefused } = traffic();
    return [
      {
        held: outcome.answer !== undefined && newTokens === 1 && tokensRefused === 0,
        text: outcome.answer
          ? `${describe(outcome)}, with ${count(newTokens, "new token")}`
          : describe(outcome),
      },
    ];
  },
};
