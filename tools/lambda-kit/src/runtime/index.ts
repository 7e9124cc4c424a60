export { describeError } from "./describe-error.js";
export { lambdaContext } from "./lambda-context.js";
export type { DescribedError } from "./messages.js";
export { type ProcessHoldings, processHoldings } from "./process-holdings.js";
export { freezeHere, type Handler, serveHandler } from "./serve-handler.js";
