import { setTimeout as delay } from "node:timers/promises";
import type { Side } from "../side.js";
import { count, countTraffic, duration } from "./measure.js";
import type { Finding, Step } from "./step.js";

const takenForMs = 2000;

export const exhaustedSlots: Step = {
  title: "No free connection",
  explanation: `others hold all that the database has, and leave after ${takenForMs / 1000} s`,
  async run(side: Side): Promise<readonly Finding[]> {
    const { lambda, tenant } = side;
    await lambda.retire();
    await tenant.untilAllSessionsEnded();
    const slots = await tenant.takeAllSlots();
    const traffic = countTraffic(side);
    const freed = delay(takenForMs).then(() => slots.giveBack());
    const outcome = await lambda.invoke("look-around");
    const attempts = count(traffic().connections, "attempt");
    await freed;
    const spent = `${duration(outcome.durationMs)} and ${attempts}`;
    return outcome.answer
      ? [{ held: true, text: `waited ${spent}, then answered` }]
      : [{ held: false, text: `failed after ${spent}: ${outcome.reason}` }];
  },
};
