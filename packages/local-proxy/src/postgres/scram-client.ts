import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";

/** The client's side of a SCRAM-SHA-256 exchange (RFC 7677), without channel binding. */
export class ScramClient {
  readonly #password: string;
  readonly #nonce: string;
  #expectedSignature: Buffer | undefined;

  /** @param nonce for tests; random by default */
  constructor(password: string, nonce: string = randomBytes(18).toString("base64")) {
    this.#password = password.normalize("NFKC");
    this.#nonce = nonce;
  }

  /** The first message. Its user name is empty: PostgreSQL takes the user from the startup message. */
  first(): string {
    return `n,,${this.#firstBare()}`;
  }

  /** The proof in reply to the server's first message. */
  final(serverFirst: string): string {
    const [nonce, salt, iterations] = [...serverFirst.split(",")].map((field) => field.slice(2));
    if (!nonce?.startsWith(this.#nonce) || !salt || !Number(iterations)) {
      throw new Error("the database sent a malformed SCRAM challenge");
    }
    const salted = pbkdf2Sync(this.#password, Buffer.from(salt, "base64"), Number(iterations), 32, "sha256");
    const clientKey = hmac(salted, "Client Key");
    const withoutProof = `c=biws,r=${nonce}`;
    const authMessage = `${this.#firstBare()},${serverFirst},${withoutProof}`;
    const clientSignature = hmac(createHash("sha256").update(clientKey).digest(), authMessage);
    this.#expectedSignature = hmac(hmac(salted, "Server Key"), authMessage);
    const proof = clientKey.map((byte, index) => byte ^ (clientSignature[index] ?? 0));
    return `${withoutProof},p=${Buffer.from(proof).toString("base64")}`;
  }

  /** Whether the server's signature proves that it knows the password. */
  isServerGenuine(serverFinal: string): boolean {
    const signature = Buffer.from(serverFinal.slice(2), "base64");
    const expected = this.#expectedSignature;
    return expected?.length === signature.length && timingSafeEqual(expected, signature);
  }

  #firstBare(): string {
    return `n=,r=${this.#nonce}`;
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
