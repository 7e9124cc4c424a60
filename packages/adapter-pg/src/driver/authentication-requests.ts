import { RdsProxyError } from "@rds-proxy/core";

/** `AuthenticationOk`, https://www.postgresql.org/docs/current/protocol-message-formats.html */
const OK = 0;
/** `AuthenticationCleartextPassword`, with which RDS Proxy and RDS ask for a token. */
const CLEARTEXT_PASSWORD = 3;

/**
 * The authentication requests that one login accepts from a verified server. A token is a password in clear text: it is signed
 * once per login, and no other method derives anything from it. After the login no request is accepted.
 *
 * `AuthenticationOk` without a request is accepted, as node-postgres does: the server is verified, and no token is signed.
 */
export class AuthenticationRequests {
  readonly #isByToken: boolean;
  #isSigned = false;
  #isOver = false;

  /** @param isByToken false for a secret's password, which node-postgres may use with any method */
  constructor(isByToken: boolean) {
    this.#isByToken = isByToken;
  }

  /** @throws RdsProxyError `RDS_PROXY_REFUSED` for a request that must not be answered */
  check(code: number): void {
    if (this.#isOver) throw refused("The server asked for authentication after the login had ended.");
    if (code === OK) this.#isOver = true;
    else if (this.#isByToken) this.#checkTokenRequest(code);
  }

  #checkTokenRequest(code: number): void {
    if (code !== CLEARTEXT_PASSWORD) {
      throw refused(
        `The server asks for a proof of a password (authentication request ${code}) instead of an IAM token. Turn on ` +
          "IAM authentication for this user (at the proxy, or by `GRANT rds_iam` on an instance), or log in with the " +
          "password of a secret by `secret`.",
      );
    }
    if (this.#isSigned) throw refused("The server asked for a second token in one login, which was ended.");
    this.#isSigned = true;
  }
}

function refused(message: string): RdsProxyError {
  return new RdsProxyError("RDS_PROXY_REFUSED", message);
}
