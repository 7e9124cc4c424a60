export { connectTo } from "../../packages/conformance/src/connect-to.js";
