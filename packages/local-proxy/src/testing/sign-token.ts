import { Signer } from "@aws-sdk/rds-signer";
import type { LocalProxy } from "../index.js";

/** What a test signs differently from the defaults. */
export type TokenChanges = Partial<{ hostname: string; port: number; username: string; region: string }>;

/** Signs with AWS's own signer, for the proxy and the key of its `environment`. */
export function signToken(proxy: LocalProxy, changes: TokenChanges = {}): Promise<string> {
  const { environment } = proxy;
  const sessionToken = environment["AWS_SESSION_TOKEN"];
  const signer = new Signer({
    hostname: "localhost",
    port: proxy.port,
    username: environment["RDS_PROXY_USER"] ?? "",
    region: "us-east-1",
    credentials: {
      accessKeyId: environment["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
    ...changes,
  });
  return signer.getAuthToken();
}
