import { Signer } from "@aws-sdk/rds-signer";
import { host, port, region, user } from "./endpoint.js";

/** AWS's own signer, as its documentation sets it up. */
export function createSigner(): Signer {
  return new Signer({ hostname: host, port, username: user, region });
}
