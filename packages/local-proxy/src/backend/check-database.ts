import type { Engine } from "../engine.js";
import type { ProxyState } from "../proxy-state.js";
import type { DatabaseView } from "./database-state.js";
import { openUpstream } from "./open-upstream.js";

const checkTimeoutMs = 5000;

/** Logs in at the database once, with the secret of the proxy's own user; resolves with what that shows. */
export async function checkDatabase(proxy: ProxyState, engine: Engine): Promise<DatabaseView> {
  const { upstream: server, secrets, user } = proxy.options;
  const secret = secrets.get(user) ?? { user, password: undefined };
  const tooLong = AbortSignal.timeout(checkTimeoutMs);
  try {
    const { upstream, login } = await openUpstream(server, 0, tooLong, (opened) =>
      engine.logIn(opened, secret, server.database),
    );
    proxy.database.noteLogin();
    await upstream.end(login.endMessage);
  } catch (error) {
    const reason = tooLong.aborted
      ? new Error(`no answer from ${server.host}:${server.port} within ${checkTimeoutMs / 1000} s`)
      : error;
    proxy.database.noteFailure(reason);
  }
  return proxy.database.view;
}
