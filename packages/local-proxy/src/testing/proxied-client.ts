import pg from "pg";
import type { LocalProxy } from "../index.js";
import { signToken, type TokenChanges } from "./sign-token.js";

/** What a test signs or connects differently from the defaults. */
export interface LoginChanges {
  readonly user?: string;
  readonly database?: string;
  /** In place of a signed token. */
  readonly password?: string;
  /** Startup parameters, by pg's names. */
  readonly config?: pg.ClientConfig;
  readonly token?: TokenChanges;
}

/** A pg client that is not connected yet. Collects its error events, since unhandled ones end the process. */
export function createClient(
  proxy: LocalProxy,
  changes: LoginChanges = {},
): pg.Client & { readonly errors: Error[] } {
  const user = changes.user ?? proxy.environment["RDS_PROXY_USER"] ?? "";
  const client = new pg.Client({
    host: proxy.host,
    port: proxy.port,
    user,
    database: changes.database ?? proxy.environment["RDS_PROXY_DATABASE"] ?? "",
    password: changes.password ?? (() => signToken(proxy, { username: user, ...changes.token })),
    ssl: { ca: proxy.ca },
    ...changes.config,
  });
  const errors: Error[] = [];
  client.on("error", (error: Error) => errors.push(error));
  return Object.assign(client, { errors });
}

/** A pg client that is logged in. */
export async function connectClient(
  proxy: LocalProxy,
  changes: LoginChanges = {},
): Promise<ReturnType<typeof createClient>> {
  const client = createClient(proxy, changes);
  await client.connect();
  return client;
}

/** The error of a failed login: code and text of the server, or of the socket. */
export async function loginFailure(
  proxy: LocalProxy,
  changes: LoginChanges = {},
): Promise<{ code: unknown; message: string; severity: unknown }> {
  const client = createClient(proxy, changes);
  const failure: unknown = await client.connect().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof Error)) {
    await client.end();
    throw new Error("the login succeeded");
  }
  const { code, severity } = failure as { code?: unknown; severity?: unknown };
  return { code, message: failure.message, severity };
}
