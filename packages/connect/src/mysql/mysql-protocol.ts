import { deadlineIn, type ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import { type Client, Refusal } from "../client/client.js";
import type { LoginTurns } from "../client/login-turns.js";
import type { LoggedIn, Protocol } from "../client/protocol.js";
import { connectUpstream } from "../upstream/connect-upstream.js";
import { serverErrorIn } from "../upstream/server-error.js";
import { Upstream } from "../upstream/upstream.js";
import { ClientLogin } from "./client-login.js";
import { areAlike, encodeGreeting, type Greeting } from "./greeting.js";
import { type HandshakeResponse, ownResponse } from "./handshake-response.js";
import { encodeError, LoginPackets, withState } from "./packets.js";
import { connectionLost, dialAndGreet, logInUpstream } from "./upstream-login.js";

/** The longest HandshakeResponse: the attributes of a connection have at most 64 kB. */
const LONGEST_RESPONSE = 2 ** 17;

const QUIT = Buffer.from([1, 0, 0, 0, 1]);

/** ER_UNKNOWN_ERROR. Clients take a client's own numbers, from 2000, for a malformed packet. */
const UNKNOWN_ERROR = 1105;

/** A connection that has been greeted and not logged in. */
interface Greeted {
  readonly upstream: Upstream;
  readonly greeting: Greeting;
}

type OpenSession = Awaited<ReturnType<typeof logInUpstream>>;

/**
 * MySQL's protocol, version 10. The server speaks first, so a client gets the greeting of a connection that was opened for it:
 * its version, capabilities and connection id are those of the session that follows.
 */
export class MysqlProtocol implements Protocol {
  readonly #options: ResolvedRdsProxyOptions;
  readonly #password: string | undefined;

  /** @param password undefined if clients need none */
  constructor(options: ResolvedRdsProxyOptions, password: string | undefined) {
    this.#options = options;
    this.#password = password;
  }

  async logIn(client: Client, turns: LoginTurns): Promise<LoggedIn> {
    return await turns.take(() => this.#logIn(client, turns));
  }

  async #logIn(client: Client, turns: LoginTurns): Promise<LoggedIn> {
    const packets = new LoginPackets(client.reader, client.write, LONGEST_RESPONSE);
    const greeted = await orRefusal(
      () => this.#greet(client),
      // As servers do that refuse a client at once.
      (error, message) =>
        packets.encode(serverErrorIn(error)?.raw ?? encodeError(UNKNOWN_ERROR, undefined, message)),
    );
    const stop = client.whenGone(() => greeted.upstream.destroy());
    let isDone = false;
    try {
      const login = new ClientLogin(packets);
      const answer = async (): Promise<HandshakeResponse> => {
        client.expectLogin();
        packets.write(encodeGreeting(login.greet(greeted.greeting)));
        const response = await login.receive();
        await login.check(response, this.#password);
        return response;
      };
      const response = await turns.whileSilent(answer, () => client.giveUp());
      client.markAuthenticated();
      this.#checkUser(packets, response);
      const { ok, socket } = await orRefusal(
        () => this.#connect(client, greeted, response),
        (error, message) => {
          const raw = serverErrorIn(error)?.raw;
          return packets.encode(raw ? withState(raw) : encodeError(UNKNOWN_ERROR, "HY000", message));
        },
      );
      packets.write(ok);
      isDone = true;
      return { upstream: socket };
    } finally {
      stop();
      if (!isDone) greeted.upstream.destroy();
    }
  }

  async check(): Promise<string> {
    const { endpoint, secret, connectTimeoutMs, runtime } = this.#options;
    // The secret may be the only source of the user.
    if (secret) await secret.read(deadlineIn(connectTimeoutMs, runtime.clock));
    const greeted = await this.#greet(undefined);
    const { socket } = await this.#connect(undefined, greeted, ownResponse(endpoint.user, endpoint.database));
    socket.end(QUIT);
    const version = greeted.greeting.version.toString("latin1").replace(/^5\.5\.5-/, "");
    return /mariadb/i.test(version) ? `MariaDB ${version}` : `MySQL ${version}`;
  }

  async #greet(client: Client | undefined): Promise<Greeted> {
    return await connectUpstream(
      this.#options,
      client,
      () => this.#create(),
      async (upstream) => ({ upstream, greeting: await dialAndGreet(upstream) }),
    );
  }

  /** The first attempt uses the connection whose greeting the client has. */
  async #connect(
    client: Client | undefined,
    { upstream: first, greeting }: Greeted,
    response: HandshakeResponse,
  ): Promise<OpenSession> {
    let refused: unknown;
    let next: Upstream | undefined = first;
    return await connectUpstream(
      this.#options,
      client,
      () => next ?? this.#create(),
      async (upstream) => {
        try {
          const isFirst = upstream === next;
          next = undefined;
          const current = isFirst ? greeting : await dialAndGreet(upstream);
          // Another server answers by now: the client's flags are not for it.
          if (!areAlike(greeting, current)) throw refused;
          return await logInUpstream(upstream, current, response, this.#options);
        } catch (error) {
          refused = error;
          throw error;
        }
      },
    );
  }

  #create(): Upstream {
    return new Upstream(this.#options, connectionLost);
  }

  #checkUser(packets: LoginPackets, { user }: HandshakeResponse): void {
    const expected = this.#options.endpoint.user;
    // The character set in which the client writes it is not known to be UTF-8.
    if (user.toString("utf8") === expected || user.toString("latin1") === expected) return;
    const text = `rds-proxy-connect logs in as '${expected}' and not as '${user}': connect with --user=${expected}`;
    throw new Refusal(
      packets.encode(encodeError(1045, "28000", text)),
      `A client was refused: it asked for the user ${user} instead of ${expected}.`,
    );
  }
}

/** @param reply the packet for the client */
async function orRefusal<T>(
  work: () => Promise<T>,
  reply: (error: unknown, message: string) => Buffer,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Refusal(reply(error, message), message, error);
  }
}
