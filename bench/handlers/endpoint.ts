// What every handler that does not use rdsProxy() begins with.
const [hostname = "", portNumber] = (process.env["RDS_PROXY_ENDPOINT"] ?? "").split(":");

export const host: string = hostname;
export const port: number = Number(portNumber);
export const user: string = process.env["RDS_PROXY_USER"] ?? "";
export const database: string = process.env["RDS_PROXY_DATABASE"] ?? "";
export const region: string = process.env["AWS_REGION"] ?? "";

/** A token that was signed beforehand, by somebody else: the limit neither signs nor loads a signer. */
export const readyToken: string = process.env["BENCH_READY_TOKEN"] ?? "";
