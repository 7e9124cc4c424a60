export { Gate } from "./gate.js";
export { type ProxyBehindGate, startProxyBehindGate } from "./proxy-behind-gate.js";
