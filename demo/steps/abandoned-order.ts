import type { Side } from "../side.js";
import { warmUp } from "./measure.js";
import type { Finding, Step } from "./step.js";

export const abandonedOrder: Step = {
  title: "Abandoned transaction",
  explanation: "a handler inserts a row and returns without a commit",
  async run(side: Side): Promise<readonly Finding[]> {
    const { lambda, tenant } = side;
    await warmUp(side);
    await lambda.invoke("abandon-order");
    const next = await lambda.invoke("place-order");
    if (!next.answer) return [{ held: false, text: `the next invocation failed: ${next.reason}` }];
    const { wasInTransaction, visibleOrders } = next.answer;
    const committed = await tenant.orders();
    return [
      {
        held: !wasInTransaction && visibleOrders === 0,
        text: `the next invocation began ${wasInTransaction ? "inside that transaction" : "with a clean session"}`,
      },
      committed.includes("abandoned")
        ? { held: false, text: "it committed the abandoned row too" }
        : { held: committed.join() === "placed", text: "the abandoned row was rolled back" },
    ];
  },
};
