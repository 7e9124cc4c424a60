// What a function without rdsProxy() begins with, whatever its driver.
const [hostname = "", portNumber] = (process.env["RDS_PROXY_ENDPOINT"] ?? "").split(":");

export const host: string = hostname;
export const port: number = Number(portNumber);
export const user: string = process.env["RDS_PROXY_USER"] ?? "";
export const database: string = process.env["RDS_PROXY_DATABASE"] ?? "";
export const region: string = process.env["AWS_REGION"] ?? "";

/** After how long a connect is given up: shorter than the usual timeout of a function. */
export const CONNECT_TIMEOUT_MS = 5000;
