export { stopDate } from "../../packages/conformance/src/settable-date.js";
