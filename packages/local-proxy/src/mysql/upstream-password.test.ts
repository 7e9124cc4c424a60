import { constants, createHash, generateKeyPairSync, privateDecrypt } from "node:crypto";
import { expect, test } from "vitest";
import { PasswordAnswers } from "./upstream-password.js";

const scramble = Buffer.from(Array.from({ length: 20 }, (_, index) => index + 1));
const password = "pässwört";

function hash(algorithm: string, ...parts: Buffer[]): Buffer {
  return createHash(algorithm).update(Buffer.concat(parts)).digest();
}

/** The server's check: it has only the doubly hashed password. */
function serverAccepts(algorithm: string, answer: Buffer, salted: (stored: Buffer) => Buffer): boolean {
  const stored = hash(algorithm, hash(algorithm, Buffer.from(password)));
  const once = Buffer.from(answer.map((byte, index) => byte ^ (salted(stored)[index] ?? 0)));
  return hash(algorithm, once).equals(stored);
}

test("mysql_native_password proves that the password is known", () => {
  // With and without the NUL that servers send after the scramble.
  for (const sent of [scramble, Buffer.concat([scramble, Buffer.alloc(1)])]) {
    const answer = new PasswordAnswers(password).begin("mysql_native_password", sent);
    expect(serverAccepts("sha1", answer, (stored) => hash("sha1", scramble, stored))).toBe(true);
  }
});

test("caching_sha2_password proves it too, when the server has cached the user", () => {
  const answers = new PasswordAnswers(password);
  const answer = answers.begin("caching_sha2_password", scramble);
  expect(serverAccepts("sha256", answer, (stored) => hash("sha256", stored, scramble))).toBe(true);
  expect(answers.proceed(Buffer.from([3]))).toBeUndefined();
});

test("otherwise it sends the password encrypted with the server's key", () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const answers = new PasswordAnswers(password);
  answers.begin("caching_sha2_password", scramble);
  expect(answers.proceed(Buffer.from([4]))).toEqual(Buffer.from([2]));
  const encrypted = answers.proceed(Buffer.from(publicKey.export({ type: "spki", format: "pem" })));
  const masked = privateDecrypt(
    { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING },
    encrypted ?? Buffer.alloc(0),
  );
  const text = masked.map((byte, index) => byte ^ (scramble[index % 20] ?? 0));
  expect(Buffer.from(text).toString()).toBe(`${password}\0`);
});

test("without a password the answer is empty", () => {
  expect(new PasswordAnswers(undefined).begin("mysql_native_password", scramble)).toEqual(Buffer.alloc(0));
});

test("the error names an unsupported method", () => {
  expect(() => new PasswordAnswers(password).begin("client_ed25519", scramble)).toThrow(
    "the database asks for authentication method client_ed25519, which is not supported",
  );
});
