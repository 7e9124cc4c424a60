export { AwsRuntimeClients } from "./in-this-process.js";
export { installAwsRuntimeClient } from "./install.js";
