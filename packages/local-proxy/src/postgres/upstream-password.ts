import { createHash } from "node:crypto";
import { encodeMessage, int32 } from "./messages.js";
import { ScramClient } from "./scram-client.js";

/** The types of Authentication messages. */
const request = { ok: 0, cleartext: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 };

/** Answers a server's Authentication messages, by the method that it requests. */
export class PasswordAnswers {
  readonly #user: string;
  readonly #password: string;
  #scram: ScramClient | undefined;

  constructor(user: string, password: string | undefined) {
    this.#user = user;
    this.#password = password ?? "";
  }

  /** The reply to a message; `undefined` when it needs none. */
  answer(body: Buffer): Buffer | undefined {
    const kind = body.readInt32BE(0);
    const data = body.subarray(4);
    switch (kind) {
      case request.ok:
        return undefined;
      case request.cleartext:
        return encodeMessage("p", `${this.#password}\0`);
      case request.md5: {
        const stored = md5(`${this.#password}${this.#user}`);
        return encodeMessage("p", `md5${md5(Buffer.concat([Buffer.from(stored), data]))}\0`);
      }
      case request.sasl: {
        this.#scram = new ScramClient(this.#password);
        const first = Buffer.from(this.#scram.first());
        return encodeMessage("p", "SCRAM-SHA-256\0", int32(first.length), first);
      }
      case request.saslContinue:
        return encodeMessage("p", this.#scram?.final(data.toString()) ?? "");
      case request.saslFinal:
        if (this.#scram?.isServerGenuine(data.toString())) return undefined;
        throw new Error("the database did not prove that it knows the password");
      default:
        throw new Error(`the database asks for authentication method ${kind}, which is not supported`);
    }
  }
}

function md5(data: Buffer | string): string {
  return createHash("md5").update(data).digest("hex");
}
