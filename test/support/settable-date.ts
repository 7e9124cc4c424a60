export { type SettableDate, stopDate } from "../../packages/conformance/src/settable-date.js";
