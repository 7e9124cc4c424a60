export { bundleContender, type ContenderFile, serverVariables } from "./bundle-contender.js";
export { Fleet } from "./fleet.js";
export type { Outcome } from "./messages.js";
export { shareAnswered, type Tally, tally } from "./tally.js";
