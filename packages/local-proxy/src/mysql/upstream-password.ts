import { constants, createHash, publicEncrypt } from "node:crypto";

/** Messages of caching_sha2_password after the first answer. */
const sha2 = { isKnown: 3, needsPassword: 4 } as const;
const publicKeyRequest = Buffer.from([2]);

/** Answers a server's authentication requests, by the method that it requests. */
export class PasswordAnswers {
  readonly #password: Buffer;
  #scramble: Buffer = Buffer.alloc(0);

  constructor(password: string | undefined) {
    this.#password = Buffer.from(password ?? "");
  }

  /** The first answer of a method; throws an error for an unsupported method. */
  begin(authPlugin: string, scramble: Buffer): Buffer {
    this.#scramble = scramble.subarray(0, 20);
    if (authPlugin !== "mysql_native_password" && authPlugin !== "caching_sha2_password") {
      throw new Error(`the database asks for authentication method ${authPlugin}, which is not supported`);
    }
    if (this.#password.length === 0) return Buffer.alloc(0);
    return authPlugin === "mysql_native_password"
      ? scrambleNative(this.#password, this.#scramble)
      : scrambleSha2(this.#password, this.#scramble);
  }

  /** The answer to a further message of caching_sha2_password; `undefined` when it needs none. */
  proceed(message: Buffer): Buffer | undefined {
    const [first] = message;
    if (message.length === 1 && first === sha2.isKnown) return undefined;
    if (message.length === 1 && first === sha2.needsPassword) return publicKeyRequest;
    return this.#encrypt(message.toString("latin1"));
  }

  #encrypt(publicKey: string): Buffer {
    const text = Buffer.concat([this.#password, Buffer.alloc(1)]);
    const scramble = this.#scramble;
    const masked = text.map((byte, index) => byte ^ (scramble[index % scramble.length] ?? 0));
    return publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING }, masked);
  }
}

/** mysql_native_password's answer: SHA1(password) XOR SHA1(scramble + SHA1(SHA1(password))). */
export function scrambleNative(password: Buffer, scramble: Buffer): Buffer {
  const once = digest("sha1", password);
  return xor(once, digest("sha1", scramble, digest("sha1", once)));
}

/** caching_sha2_password's first answer: SHA256(password) XOR SHA256(SHA256(SHA256(password)) + scramble). */
export function scrambleSha2(password: Buffer, scramble: Buffer): Buffer {
  const once = digest("sha256", password);
  return xor(once, digest("sha256", digest("sha256", once), scramble));
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}

function digest(algorithm: string, ...parts: readonly Buffer[]): Buffer {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest();
}
