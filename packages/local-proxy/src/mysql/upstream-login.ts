import type {
  UpstreamConnection,
  UpstreamLoginResult,
  UpstreamSecret,
} from "../backend/upstream-connection.js";
import { upstreamCapabilities } from "../options/mysql-capabilities.js";
import { Refusal } from "../refusal.js";
import { decodeGreeting, type Greeting } from "./greeting.js";
import { LoginPackets } from "./login-packets.js";
import { command, decodeError, encodeCommand, marker } from "./messages.js";
import { PayloadReader } from "./payload-reader.js";
import { encodeStartup, type Startup } from "./startup.js";
import { PasswordAnswers } from "./upstream-password.js";

const quit = encodeCommand(command.quit);

/**
 * Logs in to the server with the client's capabilities, collation and database. Rejects with a {@link Refusal} when the
 * server refuses.
 */
export async function logInUpstream(
  upstream: UpstreamConnection,
  secret: UpstreamSecret,
  startup: Startup,
): Promise<UpstreamLoginResult> {
  const packets = new LoginPackets(upstream.reader);
  const greeting = await readGreeting(packets);
  return {
    // The payload of the OK packet that ends the login.
    greeting: await authenticate(upstream, packets, greeting, secret, startup),
    endMessage: quit,
    cancel: () => cancel(upstream, greeting.connectionId, secret, startup),
  };
}

/** Reads a server's greeting. Rejects with a {@link Refusal} when it is an error. */
export async function readGreeting(packets: LoginPackets): Promise<Greeting> {
  const payload = await packets.read();
  if (payload[0] === marker.error) throw toRefusal(payload);
  return decodeGreeting(payload);
}

async function authenticate(
  upstream: UpstreamConnection,
  packets: LoginPackets,
  greeting: Greeting,
  { user, password }: UpstreamSecret,
  startup: Startup,
): Promise<Buffer> {
  const answers = new PasswordAnswers(password);
  const request = {
    ...startup,
    user,
    capabilities: upstreamCapabilities(startup.capabilities),
    authPlugin: greeting.authPlugin,
    authAnswer: answers.begin(greeting.authPlugin, greeting.scramble),
  };
  await upstream.write(packets.encode(encodeStartup(request)));
  while (true) {
    const payload = await packets.read();
    switch (payload[0]) {
      case marker.ok:
        return payload;
      case marker.error:
        throw toRefusal(payload);
      case marker.eof: {
        const fields = new PayloadReader(payload.subarray(1));
        const authPlugin = fields.untilNul().toString("latin1");
        await upstream.write(packets.encode(answers.begin(authPlugin, fields.rest())));
        break;
      }
      case marker.moreData: {
        const answer = answers.proceed(payload.subarray(1));
        if (answer !== undefined) await upstream.write(packets.encode(answer));
        break;
      }
      default:
        throw new Error(`the database sent an unknown packet of type ${payload[0]} during the login`);
    }
  }
}

// MySQL cancels a statement by KILL QUERY on another connection.
async function cancel(
  upstream: UpstreamConnection,
  connectionId: number,
  secret: UpstreamSecret,
  startup: Startup,
): Promise<void> {
  try {
    const other = await upstream.dialAgain();
    try {
      await logInUpstream(other, secret, { ...startup, database: undefined });
      await other.write(encodeCommand(command.query, `KILL QUERY ${connectionId}`));
      await other.reader.readChunk();
      await other.end(quit);
    } finally {
      await other.destroy();
    }
  } catch {
    // A server that accepts no connection has nothing to cancel.
  }
}

function toRefusal(payload: Buffer): Refusal {
  const { sqlState, text, errno } = decodeError(payload);
  return new Refusal(sqlState, text, errno);
}
