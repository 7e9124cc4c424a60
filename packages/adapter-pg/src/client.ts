/// <reference path="./pg-lib-client.d.ts" />
// The file of the class, and not the package: a cold start then reads neither its pool nor its native client. It is the
// same class as `pg.Client`, as `instanceof` and tracing libraries see it.
import Client from "pg/lib/client.js";
import { createClientClass, type RdsProxyClientClass } from "./driver/client.js";

/** The client on top of the installed node-postgres. Nothing in `driver/` loads it. */
export const RdsProxyClient: RdsProxyClientClass = createClientClass({ Client });
export type RdsProxyClient = InstanceType<RdsProxyClientClass>;
