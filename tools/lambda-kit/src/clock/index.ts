export { SharedClock } from "./shared-clock.js";
