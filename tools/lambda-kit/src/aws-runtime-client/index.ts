export { installAwsRuntimeClient } from "./install.js";
