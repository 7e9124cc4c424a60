export { startSilentListener } from "../../packages/conformance/src/silent-listener.js";
