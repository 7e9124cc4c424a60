import { Signer } from "@aws-sdk/rds-signer";

// What the usual snippet begins with, whatever the driver.
const [hostname = "", portNumber] = (process.env["RDS_PROXY_ENDPOINT"] ?? "").split(":");

export const host: string = hostname;
export const port: number = Number(portNumber);
export const user: string = process.env["RDS_PROXY_USER"] ?? "";
export const database: string = process.env["RDS_PROXY_DATABASE"] ?? "";
export const signer: Signer = new Signer({
  hostname,
  port,
  username: user,
  region: process.env["AWS_REGION"] ?? "",
});
