import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { RdsProxyError } from "@rds-proxy/core";
import type { ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import type { Upstream } from "../upstream/upstream.js";
import { encodeMessage, int32, type Message, readMessage, serverError } from "./messages.js";
import { MECHANISM, ScramClient } from "./scram.js";
import { type Startup, sslRequest } from "./startup.js";

/** Codes of authentication requests. */
const OK = 0;
const CLEARTEXT_PASSWORD = 3;
const MD5_PASSWORD = 5;
const SASL = 10;
const SASL_CONTINUE = 11;
const SASL_FINAL = 12;

/** A login has at most a megabyte in all: see `Login`. */
const LONGEST_MESSAGE = 2 ** 20;

/** A connection that waits for its first query. */
export interface OpenSession {
  readonly socket: TLSSocket;
  /** What the server sent from AuthenticationOk to its first ReadyForQuery, for the client. */
  readonly welcome: Buffer;
  /** Process id and secret key for cancel requests. */
  readonly key: Buffer | undefined;
  /** The parameter server_version. */
  readonly version: string;
}

export function connectionLost(): Error {
  return new Error("Connection terminated unexpectedly");
}

/** Requests TLS, and does the handshake. */
export async function secure(upstream: Upstream): Promise<void> {
  upstream.socket.write(sslRequest);
  const answer = (await upstream.reader.take(1)).toString("latin1");
  if (answer === "N") throw new Error("The server does not support SSL connections");
  // An error in clear text may be anybody's, so it is not shown: CVE-2024-10977.
  if (answer === "E") throw new Error("There was an error establishing an SSL connection");
  if (answer !== "S") throw new Error(`received invalid response: ${JSON.stringify(answer)}`);
  await upstream.secure();
}

/** Logs in with the client's own StartupMessage. */
export async function logInUpstream(
  upstream: Upstream,
  startup: Startup,
  options: ResolvedRdsProxyOptions,
): Promise<OpenSession> {
  await upstream.dial();
  await secure(upstream);
  upstream.socket.write(startup.raw);
  const authentication = new Authentication(upstream, startup, options);
  const welcome: Buffer[] = [];
  let key: Buffer | undefined;
  let version = "";
  for (;;) {
    const message = await readMessage(upstream.reader, LONGEST_MESSAGE);
    const { type, body, raw } = message;
    if (type === "E") throw serverError(message);
    if (type === "R") {
      if (!(await authentication.answer(message))) continue;
    } else if (!authentication.isOver && type !== "v" && type !== "N") {
      throw new Error(`received invalid response: ${JSON.stringify(type)} before the login`);
    }
    welcome.push(raw);
    if (type === "K") key = body;
    if (type === "S") version = parameter(body, "server_version") ?? version;
    if (type === "Z") return { socket: upstream.handOver(), welcome: Buffer.concat(welcome), key, version };
  }
}

function parameter(body: Buffer, name: string): string | undefined {
  const [key, value] = body.toString("utf8").split("\0");
  return key === name ? value : undefined;
}

/** Answers the server's authentication requests: with a token once, or with a secret's password. */
class Authentication {
  readonly #upstream: Upstream;
  readonly #startup: Startup;
  readonly #options: ResolvedRdsProxyOptions;
  #isAnswered = false;
  #scram: ScramClient | undefined;
  isOver = false;

  constructor(upstream: Upstream, startup: Startup, options: ResolvedRdsProxyOptions) {
    this.#upstream = upstream;
    this.#startup = startup;
    this.#options = options;
  }

  /** @returns whether it was AuthenticationOk, which ends the login */
  async answer({ body }: Message): Promise<boolean> {
    if (this.isOver) throw refused("The server asked for authentication after the login had ended.");
    const code = body.readInt32BE();
    if (code === OK) {
      // A server that proves nothing may not end an exchange in which it has to.
      if (this.#scram)
        throw refused("The server ended the login without a proof that it knows the password.");
      this.isOver = true;
      return true;
    }
    if (this.#options.secret === undefined && code !== CLEARTEXT_PASSWORD) {
      throw refused(
        `The server asks for a proof of a password (authentication request ${code}) instead of an IAM token. Turn on IAM ` +
          "authentication for this user (at the proxy, or by `GRANT rds_iam` on an instance), or log in with the password " +
          "of a secret: --secret.",
      );
    }
    await this.#respond(code, body.subarray(4));
    return false;
  }

  async #respond(code: number, data: Buffer): Promise<void> {
    switch (code) {
      case CLEARTEXT_PASSWORD:
        return this.#send(await this.#password(), "\0");
      case MD5_PASSWORD:
        return this.#send(md5Answer(await this.#password(), this.#startup.user, data), "\0");
      case SASL: {
        const mechanisms = data.toString("latin1").split("\0");
        if (!mechanisms.includes(MECHANISM)) throw unknownMethod(mechanisms.filter(Boolean).join(", "));
        this.#scram = new ScramClient(await this.#password());
        const { clientFirst } = this.#scram;
        return this.#send(`${MECHANISM}\0`, int32(clientFirst.length), clientFirst);
      }
      case SASL_CONTINUE:
        if (!this.#scram) break;
        return this.#send(await this.#scram.answer(data.toString("latin1")));
      case SASL_FINAL:
        if (!this.#scram) break;
        this.#scram.check(data.toString("latin1"));
        this.#scram = undefined;
        return undefined;
    }
    throw unknownMethod(`request ${code}`);
  }

  /** The token or the secret's password, once in a login. */
  async #password(): Promise<string> {
    if (this.#isAnswered)
      throw refused("The server asked for a second password in one login, which was ended.");
    this.#isAnswered = true;
    return await this.#upstream.login.password();
  }

  #send(...parts: readonly (Buffer | string)[]): void {
    this.#upstream.socket.write(encodeMessage("p", ...parts));
  }
}

function md5Answer(password: string, user: string, salt: Buffer): string {
  const inner = md5(Buffer.concat([Buffer.from(password), Buffer.from(user, "latin1")]));
  return `md5${md5(Buffer.concat([Buffer.from(inner), salt]))}`;
}

function md5(bytes: Buffer): string {
  return createHash("md5").update(bytes).digest("hex");
}

function unknownMethod(method: string): Error {
  return refused(
    `The server asks for an authentication that this program does not know: ${method}. It knows IAM tokens, md5 and ${MECHANISM}.`,
  );
}

function refused(message: string): Error {
  return new RdsProxyError("RDS_PROXY_REFUSED", message);
}
