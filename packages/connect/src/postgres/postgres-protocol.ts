import { deadlineIn, describeEndpoint, type ResolvedRdsProxyOptions, within } from "@rds-proxy/core/adapter";
import { type Client, Refusal } from "../client/client.js";
import type { LoginTurns } from "../client/login-turns.js";
import type { LoggedIn, Protocol } from "../client/protocol.js";
import { connectUpstream } from "../upstream/connect-upstream.js";
import { serverErrorIn } from "../upstream/server-error.js";
import { Upstream } from "../upstream/upstream.js";
import { checkPassword } from "./client-login.js";
import { encodeFatal, encodeMessage, encodeOldError } from "./messages.js";
import type { ScramSecret } from "./scram.js";
import { encodeStartup, readFirstRequest, type Startup } from "./startup.js";
import { connectionLost, logInUpstream, type OpenSession, secure } from "./upstream-login.js";

/** PostgreSQL's protocol, version 3. */
export class PostgresProtocol implements Protocol {
  readonly #options: ResolvedRdsProxyOptions;
  readonly #secret: ScramSecret | undefined;
  /** The server's address of each session, by process id and secret key. */
  readonly #sessions = new Map<string, string>();

  /** @param secret undefined if clients need no password */
  constructor(options: ResolvedRdsProxyOptions, secret: ScramSecret | undefined) {
    this.#options = options;
    this.#secret = secret;
  }

  async logIn(client: Client, turns: LoginTurns): Promise<LoggedIn | undefined> {
    client.expectLogin();
    const first = await readFirstRequest(client.reader, client.write);
    switch (first.kind) {
      case "cancel":
        await this.#cancel(first.raw, first.key);
        return undefined;
      case "startup":
        return await this.#start(client, turns, first.startup);
      case "direct TLS":
        throw refused(
          "it began with TLS. The listener is on this machine and has none: set sslmode=disable",
          Buffer.alloc(0),
        );
      // As PostgreSQL does, no answer is sent.
      case "another protocol":
        throw refused("it does not speak PostgreSQL's protocol", Buffer.alloc(0));
      case "early data":
        throw refused(
          "it sent more before the answer to its request for encryption",
          encodeFatal("08P01", `received unencrypted data after ${first.request} request`, {
            detail:
              "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.",
          }),
        );
      case "malformed":
        throw refused(
          "its startup packet is malformed",
          encodeFatal("08P01", "invalid startup packet layout: expected terminator as last byte"),
        );
      case "no user":
        throw refused(
          "it named no user",
          encodeFatal("28000", "no PostgreSQL user name specified in startup packet"),
        );
      case "version": {
        const version = `${first.major}.${first.minor}`;
        const text = `unsupported frontend protocol ${version}: the listener supports version 3`;
        throw refused(
          `it asked for version ${version} of the protocol`,
          first.major < 3 ? encodeOldError(text) : encodeFatal("0A000", text),
        );
      }
      default:
        return first satisfies never;
    }
  }

  async check(): Promise<string> {
    const { user, database } = await this.#findUser();
    const startup = encodeStartup({ user, ...(database === undefined ? {} : { database }) });
    const { socket, version } = await this.#connect(undefined, startup);
    socket.end(encodeMessage("X"));
    return `PostgreSQL ${version}`;
  }

  async #start(client: Client, turns: LoginTurns, startup: Startup): Promise<LoggedIn> {
    const given = Buffer.from(startup.user, "latin1").toString();
    if (this.#secret) await checkPassword(client, this.#secret, given);
    client.markAuthenticated();
    const { socket, welcome, key } = await turns.take(() => this.#open(client, startup, given));
    const id = key?.toString("hex");
    const { remoteAddress } = socket;
    if (id !== undefined && remoteAddress !== undefined) this.#sessions.set(id, remoteAddress);
    client.write(welcome);
    return {
      upstream: socket,
      ended: () => {
        if (id !== undefined) this.#sessions.delete(id);
      },
    };
  }

  async #open(client: Client, startup: Startup, given: string): Promise<OpenSession> {
    try {
      const { user } = await this.#findUser();
      if (given !== user) throw otherUser(given, user);
      return await this.#connect(client, startup);
    } catch (error) {
      throw error instanceof Refusal ? error : failed(error);
    }
  }

  async #connect(client: Client | undefined, startup: Startup): Promise<OpenSession> {
    const options = this.#options;
    return await connectUpstream(
      options,
      client,
      () => new Upstream(options, connectionLost),
      (upstream) => logInUpstream(upstream, startup, options),
    );
  }

  /** The secret may be the only source of the user. */
  async #findUser(): Promise<{ user: string; database: string | undefined }> {
    const { endpoint, secret, connectTimeoutMs, runtime } = this.#options;
    if (secret) await secret.read(deadlineIn(connectTimeoutMs, runtime.clock));
    return { user: endpoint.user, database: endpoint.database };
  }

  /** Passes a cancel request to the server that the session is connected to. As PostgreSQL does, no answer is sent. */
  async #cancel(request: Buffer, key: Buffer): Promise<void> {
    const address = this.#sessions.get(key.toString("hex"));
    if (address === undefined) return;
    const options = this.#options;
    const upstream = new Upstream(options, connectionLost);
    const forward = async (): Promise<void> => {
      await upstream.dial(address);
      await secure(upstream);
      const socket = upstream.handOver();
      // The server closes the connection when it has processed the request.
      const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
      socket.write(request);
      socket.resume();
      await closed;
    };
    const deadline = deadlineIn(options.connectTimeoutMs, options.runtime.clock);
    try {
      await within(forward(), deadline, () => new Error("the server did not answer in time"));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const endpoint = describeEndpoint(options.endpoint);
      throw new Refusal(
        Buffer.alloc(0),
        `A cancel request could not be passed on to ${endpoint}: ${reason}.`,
        error,
      );
    } finally {
      upstream.destroy();
    }
  }
}

function otherUser(given: string, user: string): Refusal {
  return new Refusal(
    encodeFatal("28000", `rds-proxy-connect logs in as "${user}" and not as "${given}"`, {
      hint: `Connect with the user ${user}, or start another rds-proxy-connect with --user ${given}.`,
    }),
    `A client was refused: it asked for the user ${given} instead of ${user}.`,
  );
}

function refused(reason: string, reply: Buffer): Refusal {
  return new Refusal(reply, `A client was refused: ${reason}.`);
}

/** The server's own error, if it sent one. */
function failed(error: unknown): Refusal {
  const message = error instanceof Error ? error.message : String(error);
  // Source of the code: PostgreSQL's errcodes, sqlclient_unable_to_establish_sqlconnection.
  const reply = serverErrorIn(error)?.raw ?? encodeFatal("08001", message);
  return new Refusal(reply, message, error);
}
