import pg from "pg";
import { createClientClass, type RdsProxyClientClass } from "./driver/client.js";

/** The client on top of the installed node-postgres. Nothing in `driver/` loads it. */
export const RdsProxyClient: RdsProxyClientClass = createClientClass(pg);
