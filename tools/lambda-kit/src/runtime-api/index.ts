export { RuntimeApi } from "./runtime-api.js";
