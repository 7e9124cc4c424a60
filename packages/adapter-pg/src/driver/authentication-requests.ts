import { RdsProxyError } from "@rds-proxy/core";

/** `AuthenticationOk`, https://www.postgresql.org/docs/current/protocol-message-formats.html */
const OK = 0;
/** `AuthenticationCleartextPassword`, by which RDS Proxy and RDS ask for a token. */
const CLEARTEXT_PASSWORD = 3;

/**
 * What a server may ask of one login, on a connection that is verified. A token is a password in clear text: it is signed
 * once in a login, and by no other method is anything derived from it. After the login nothing is asked.
 *
 * `AuthenticationOk` without a request is accepted, as by node-postgres: the server is verified, and no token is signed.
 */
export class AuthenticationRequests {
  readonly #isByToken: boolean;
  #isSigned = false;
  #isOver = false;

  /** @param isByToken false where the password of a secret logs in, which node-postgres proves by any method */
  constructor(isByToken: boolean) {
    this.#isByToken = isByToken;
  }

  /** @throws RdsProxyError `RDS_PROXY_REFUSED` for a request that is not answered */
  check(code: number): void {
    if (this.#isOver) throw refused("The server asked for a login on a connection that was logged in.");
    if (code === OK) this.#isOver = true;
    else if (this.#isByToken) this.#checkTokenRequest(code);
  }

  #checkTokenRequest(code: number): void {
    if (code !== CLEARTEXT_PASSWORD) {
      throw refused(
        `The server asks for a proof of a password (authentication request ${code}), and not for an IAM token. Switch ` +
          "IAM authentication on for this user (at the proxy, or by `GRANT rds_iam` on an instance), or log in by the " +
          "stored password of `secret`.",
      );
    }
    if (this.#isSigned) throw refused("The server asked for a second token in one login, which was ended.");
    this.#isSigned = true;
  }
}

function refused(message: string): RdsProxyError {
  return new RdsProxyError("RDS_PROXY_REFUSED", message);
}
