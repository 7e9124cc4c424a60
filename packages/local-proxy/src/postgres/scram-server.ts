import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";

// The default of PostgreSQL's scram_iterations.
const iterations = 4096;

/** The server's side of a SCRAM-SHA-256 exchange (RFC 7677), without channel binding. */
export class ScramServer {
  readonly #password: string;
  readonly #salt: Buffer = randomBytes(16);
  readonly #ownNonce: string = randomBytes(18).toString("base64");
  #clientFirstBare = "";
  #serverFirst = "";

  constructor(password: string) {
    this.#password = password.normalize("NFKC");
  }

  /** The challenge in reply to the client's first message; `undefined` for a malformed one. */
  challenge(clientFirst: string): string | undefined {
    const [, bare, nonce] = /^[ny],[^,]*,(n=[^,]*,r=([^,]+).*)$/.exec(clientFirst) ?? [];
    if (bare === undefined || nonce === undefined) return undefined;
    this.#clientFirstBare = bare;
    this.#serverFirst = `r=${nonce}${this.#ownNonce},s=${this.#salt.toString("base64")},i=${iterations}`;
    return this.#serverFirst;
  }

  /** The server's signature in reply to the client's proof; `undefined` for a wrong proof. */
  verify(clientFinal: string): string | undefined {
    const [, withoutProof, nonce, proof] = /^(c=[^,]+,r=([^,]+).*),p=([^,]+)$/.exec(clientFinal) ?? [];
    if (withoutProof === undefined || proof === undefined || !nonce?.endsWith(this.#ownNonce))
      return undefined;
    const salted = pbkdf2Sync(this.#password, this.#salt, iterations, 32, "sha256");
    const storedKey = sha256(hmac(salted, "Client Key"));
    const authMessage = `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`;
    const signature = hmac(storedKey, authMessage);
    const given = Buffer.from(proof, "base64");
    if (given.length !== signature.length) return undefined;
    const clientKey = Buffer.from(given.map((byte, index) => byte ^ (signature[index] ?? 0)));
    if (!timingSafeEqual(sha256(clientKey), storedKey)) return undefined;
    return `v=${hmac(hmac(salted, "Server Key"), authMessage).toString("base64")}`;
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(data: Buffer): Buffer {
  return createHash("sha256").update(data).digest();
}
