import { rdsProxy } from "@rds-proxy/middleware";

export const database = rdsProxy();
