export { RuntimeApi, type RuntimeApiEvents } from "./runtime-api.js";
