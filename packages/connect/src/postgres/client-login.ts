import { type Client, Refusal } from "../client/client.js";
import { encodeFatal, encodeMessage, int32, MessageTooLong, readMessage } from "./messages.js";
import { MECHANISM, ScramError, type ScramSecret, ScramServer } from "./scram.js";

const SASL = int32(10);
const SASL_CONTINUE = int32(11);
const SASL_FINAL = int32(12);

/** The messages of SCRAM have some hundred bytes. */
const LONGEST_ANSWER = 4096;

/**
 * Asks a client for the listener's password by SCRAM-SHA-256.
 *
 * @param user for messages
 * @throws Refusal
 */
export async function checkPassword(client: Client, secret: ScramSecret, user: string): Promise<void> {
  const server = new ScramServer(secret);
  try {
    client.write(encodeMessage("R", SASL, `${MECHANISM}\0`, "\0"));
    const serverFirst = server.begin(await readInitialAnswer(client));
    client.write(encodeMessage("R", SASL_CONTINUE, serverFirst));
    const serverFinal = server.end((await readAnswer(client)).toString("latin1"));
    if (serverFinal === undefined) throw wrongPassword(user);
    client.write(encodeMessage("R", SASL_FINAL, serverFinal));
  } catch (error) {
    if (!(error instanceof ScramError || error instanceof MessageTooLong)) throw error;
    throw malformed(error.message || "a message is too long");
  }
}

async function readInitialAnswer(client: Client): Promise<string> {
  const answer = await readAnswer(client);
  const end = answer.indexOf(0);
  const mechanism = answer.toString("latin1", 0, Math.max(end, 0));
  if (mechanism !== MECHANISM) throw malformed(`the client chose ${JSON.stringify(mechanism)}`);
  // Its length comes between.
  return answer.toString("latin1", end + 5);
}

async function readAnswer(client: Client): Promise<Buffer> {
  const { type, body } = await readMessage(client.reader, LONGEST_ANSWER);
  if (type !== "p") throw malformed("the client sent no password");
  return body;
}

function wrongPassword(user: string): Refusal {
  return new Refusal(
    encodeFatal("28P01", `password authentication failed for user "${user}"`, {
      hint: "The password is the one of rds-proxy-connect, not that of the database.",
    }),
    "A client was refused: it does not know the listener's password.",
  );
}

function malformed(reason: string): Refusal {
  return new Refusal(
    encodeFatal("08P01", `malformed SCRAM exchange: ${reason}`),
    `A client was refused: its login is malformed (${reason}).`,
  );
}
