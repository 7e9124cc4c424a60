import { RdsProxyError } from "@rds-proxy/core";

/** The error for a server that wants the password of a secret as it is. */
export function clearTextRefused(): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_REFUSED",
    "The server asks for the password in clear text, as RDS Proxy does where it takes an IAM token: leave out `auth`, " +
      "or switch IAM authentication off for this user of the proxy.",
  );
}
