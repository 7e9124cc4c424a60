import { createHash, randomBytes } from "node:crypto";
import type { ClientSocket } from "../client/client-socket.js";
import type { PasswordLogin } from "../engine.js";
import type { ResolvedOptions } from "../options/options.js";
import { readLoginMessage } from "./login-message.js";
import { encodeMessage, int32 } from "./messages.js";
import { protocolViolation } from "./refusals.js";
import { ScramServer } from "./scram-server.js";

/** The types of Authentication messages. */
const request = { cleartext: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 };

/** Requests the password in clear text, the form in which clients send a token. */
export async function receiveText(client: ClientSocket): Promise<PasswordLogin["proof"]> {
  const body = await ask(client, int32(request.cleartext));
  return { kind: "text", text: body.toString("utf8").replace(/\0$/, "") };
}

/** Requests a proof of the password by the configured method. */
export function receivePassword(
  client: ClientSocket,
  user: string,
  password: string,
  method: ResolvedOptions["postgres"]["clientPasswordAuthType"],
): Promise<PasswordLogin["proof"]> {
  switch (method) {
    case "cleartext":
      return receiveText(client);
    case "md5":
      return receiveMd5(client, user, password);
    default:
      method satisfies "scram-sha-256";
      return receiveScram(client, password);
  }
}

async function receiveMd5(
  client: ClientSocket,
  user: string,
  password: string,
): Promise<PasswordLogin["proof"]> {
  const salt = randomBytes(4);
  const body = await ask(client, int32(request.md5), salt);
  const expected = `md5${md5(Buffer.concat([Buffer.from(md5(`${password}${user}`)), salt]))}`;
  return { kind: "checked", isRight: body.toString("latin1").replace(/\0$/, "") === expected };
}

async function receiveScram(client: ClientSocket, password: string): Promise<PasswordLogin["proof"]> {
  const scram = new ScramServer(password);
  const first = await ask(client, int32(request.sasl), "SCRAM-SHA-256\0\0");
  // The mechanism's name ends with NUL; the length of the message takes four bytes.
  const challenge = scram.challenge(first.toString("utf8", first.indexOf(0) + 5));
  if (challenge === undefined) throw protocolViolation("malformed SCRAM message");
  const final = await ask(client, int32(request.saslContinue), challenge);
  const outcome = scram.verify(final.toString("utf8"));
  if (outcome === undefined) return { kind: "checked", isRight: false };
  await client.write(encodeMessage("R", int32(request.saslFinal), outcome));
  return { kind: "checked", isRight: true };
}

async function ask(client: ClientSocket, ...message: readonly (Buffer | string)[]): Promise<Buffer> {
  await client.write(encodeMessage("R", ...message));
  const { type, body } = await readLoginMessage(client);
  if (type !== "p") throw protocolViolation(`expected password response, got message type ${type}`);
  return body;
}

function md5(data: Buffer | string): string {
  return createHash("md5").update(data).digest("hex");
}
