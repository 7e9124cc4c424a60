// SCRAM-SHA-256 without channel binding: RFC 5802 and RFC 7677.

import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(pbkdf2);

const LENGTH = 32;
/** PostgreSQL's own number for its stored passwords. */
const ITERATIONS = 4096;
/** A server that asks for more keeps the processor busy for a second or longer. */
const MOST_ITERATIONS = 1_000_000;

export const MECHANISM = "SCRAM-SHA-256";

/** An exchange that breaks the protocol. */
export class ScramError extends Error {}

/** What a server keeps of a password. */
export interface ScramSecret {
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** Derived once for all logins: it takes milliseconds. */
export async function deriveScramSecret(password: string): Promise<ScramSecret> {
  const salt = randomBytes(16);
  const salted = await derive(password, salt, ITERATIONS, LENGTH, "sha256");
  return { salt, storedKey: sha256(hmac(salted, "Client Key")), serverKey: hmac(salted, "Server Key") };
}

/** The server's side of one exchange. */
export class ScramServer {
  readonly #secret: ScramSecret;
  #clientFirst = "";
  #gs2Header = "";
  #serverFirst = "";

  constructor(secret: ScramSecret) {
    this.#secret = secret;
  }

  /** @returns server-first-message */
  begin(clientFirst: string): string {
    // n: the client does not support channel binding; y: it thinks that the server does not.
    const match = /^([ny],(?:a=[^,]*)?,)((?:m=[^,]*,)?n=[^,]*,r=([!-+\--~]+)(?:,.*)?)$/.exec(clientFirst);
    if (!match) throw new ScramError("malformed client-first-message");
    const [, header = "", bare = "", nonce = ""] = match;
    this.#gs2Header = header;
    this.#clientFirst = bare;
    const whole = nonce + randomBytes(18).toString("base64");
    this.#serverFirst = `r=${whole},s=${this.#secret.salt.toString("base64")},i=${ITERATIONS}`;
    return this.#serverFirst;
  }

  /** @returns server-final-message; undefined if the proof is of another password */
  end(clientFinal: string): string | undefined {
    const match = /^(c=([^,]*),r=([^,]*)(?:,.*)?),p=([^,]+)$/.exec(clientFinal);
    if (!match) throw new ScramError("malformed client-final-message");
    const [, withoutProof = "", binding = "", nonce = "", proof = ""] = match;
    if (binding !== Buffer.from(this.#gs2Header).toString("base64"))
      throw new ScramError("unexpected channel binding");
    if (!this.#serverFirst.startsWith(`r=${nonce},`)) throw new ScramError("unexpected nonce");
    const message = `${this.#clientFirst},${this.#serverFirst},${withoutProof}`;
    const clientKey = xor(Buffer.from(proof, "base64"), hmac(this.#secret.storedKey, message));
    if (!clientKey || !timingSafeEqual(sha256(clientKey), this.#secret.storedKey)) return undefined;
    return `v=${hmac(this.#secret.serverKey, message).toString("base64")}`;
  }
}

/** The client's side of one exchange. */
export class ScramClient {
  readonly #password: string;
  readonly #nonce = randomBytes(18).toString("base64");
  #serverSignature = "";

  constructor(password: string) {
    // SASLprep (RFC 4013) but for its tables of forbidden characters, for which PostgreSQL takes the password as it is.
    this.#password = password.normalize("NFKC");
  }

  get clientFirst(): string {
    // PostgreSQL uses the user of the startup message.
    return `n,,n=,r=${this.#nonce}`;
  }

  /** @returns client-final-message */
  async answer(serverFirst: string): Promise<string> {
    const match = /^r=([^,]+),s=([^,]+),i=(\d+)(?:,.*)?$/.exec(serverFirst);
    const [, nonce = "", salt = "", iterations = ""] = match ?? [];
    const count = Number(iterations);
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce || count < 1 || count > MOST_ITERATIONS) {
      throw new ScramError("malformed server-first-message");
    }
    const salted = await derive(this.#password, Buffer.from(salt, "base64"), count, LENGTH, "sha256");
    const withoutProof = `c=${Buffer.from("n,,").toString("base64")},r=${nonce}`;
    const message = `n=,r=${this.#nonce},${serverFirst},${withoutProof}`;
    const clientKey = hmac(salted, "Client Key");
    const proof = xor(clientKey, hmac(sha256(clientKey), message));
    this.#serverSignature = hmac(hmac(salted, "Server Key"), message).toString("base64");
    return `${withoutProof},p=${proof?.toString("base64")}`;
  }

  /** @throws ScramError if the server does not know the password */
  check(serverFinal: string): void {
    const [, signature = ""] = /^v=([^,]+)/.exec(serverFinal) ?? [];
    if (signature === "" || signature !== this.#serverSignature)
      throw new ScramError("wrong server signature");
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(bytes: Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}

function xor(one: Buffer, other: Buffer): Buffer | undefined {
  if (one.length !== other.length) return undefined;
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}
