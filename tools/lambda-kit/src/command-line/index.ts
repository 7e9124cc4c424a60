export { printHelp } from "./print-help.js";
export { wholeNumber } from "./whole-number.js";
