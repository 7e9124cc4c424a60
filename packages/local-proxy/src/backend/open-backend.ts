import type { MessagePiece } from "../conversation.js";
import type { ProxyState } from "../proxy-state.js";
import { Backend, type OwnStatement } from "./backend.js";
import { openUpstream } from "./open-upstream.js";
import type { Upstream, UpstreamSession } from "./upstream.js";

/** How an engine opens a session of the real server. */
export interface BackendOpening<Piece extends MessagePiece> {
  readonly key: string;
  logIn(upstream: Upstream): Promise<UpstreamSession>;
  /** A splitter for what this server sends. */
  createReplySplitter(): { split(chunk: Buffer): Iterable<Piece> };
  /** Makes it ready for borrowers of its key. Rejects when that fails. */
  prepare(backend: Backend<Piece>): Promise<void>;
}

/**
 * Opens a session of the real server within `timeoutMs`, and counts it. Rejects with `BorrowTimeout`, with the signal's
 * reason, or with the error of the login or preparation; nothing is left open then.
 */
export async function openBackend<Piece extends MessagePiece>(
  proxy: ProxyState,
  opening: BackendOpening<Piece>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Backend<Piece>> {
  const { counters, options } = proxy;
  counters.databaseConnectionRequests += 1;
  try {
    const { upstream, session } = await openUpstream(options.upstream, timeoutMs, signal, (upstream) =>
      opening.logIn(upstream),
    );
    const splitter = opening.createReplySplitter();
    const backend = new Backend<Piece>({
      id: counters.databaseConnectionsSetupSucceeded + 1,
      key: opening.key,
      upstream,
      session,
      splitReplies: (chunk) => splitter.split(chunk),
      now: options.now,
    });
    counters.databaseConnectionsSetupSucceeded += 1;
    counters.databaseConnections += 1;
    void backend.closed.then(() => {
      counters.databaseConnections -= 1;
    });
    options.log(
      `[INFO] A TCP connection was established from the proxy at ${upstream.localAddress} to the database at ${upstream.remoteAddress}. [dbConnection=${backend.id}]`,
    );
    await prepareOrClose(backend, opening);
    return backend;
  } catch (error) {
    counters.databaseConnectionsSetupFailed += 1;
    throw error;
  }
}

async function prepareOrClose<Piece extends MessagePiece>(
  backend: Backend<Piece>,
  opening: BackendOpening<Piece>,
): Promise<void> {
  try {
    await opening.prepare(backend);
    if (!backend.isOpen) throw new Error("the database closed the connection");
  } catch (error) {
    await backend.destroy();
    throw error;
  }
}

/** A statement of the proxy's own that must succeed. */
export async function runOwn<
  Statement extends OwnStatement<Piece> & { readonly error: Error | undefined },
  Piece extends MessagePiece,
>(backend: Backend<Piece>, statement: Statement): Promise<Statement> {
  await backend.run(statement);
  if (statement.error !== undefined) throw statement.error;
  return statement;
}
