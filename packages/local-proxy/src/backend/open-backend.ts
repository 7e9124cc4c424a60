import { setTimeout as delay } from "node:timers/promises";
import { ConnectionGone } from "../bytes/byte-reader.js";
import type { MessagePiece } from "../conversation.js";
import type { ProxyState } from "../proxy-state.js";
import { Backend, type ProxyStatement } from "./backend.js";
import { BorrowTimeout } from "./backend-pool.js";
import { DatabaseUnreachable, describeFailure } from "./database-state.js";
import { openUpstream } from "./open-upstream.js";
import type { UpstreamConnection, UpstreamLoginResult } from "./upstream-connection.js";

// RDS Proxy queues its clients while the database restarts or fails over.
const reopenDelayMs = 50;

/** How an engine opens a connection to the database. */
export interface BackendOpening<Piece extends MessagePiece> {
  readonly key: string;
  logIn(upstream: UpstreamConnection): Promise<UpstreamLoginResult>;
  /** A splitter for the messages of this server. */
  createReplySplitter(): { split(chunk: Buffer): Iterable<Piece> };
  /** Whether a message that begins with this piece is an error. */
  isError(piece: Piece): boolean;
  /** Whether a reply that begins with this piece says that the server ends the session, and nothing follows it. */
  endsSession(piece: Piece): boolean;
  /** Whether this error of login or preparation is that of a restart, after which another connection may succeed. */
  isUnavailable(error: unknown): boolean;
  /** Sets up the session state that its key stands for. Rejects when that fails. */
  prepare(backend: Backend<Piece>): Promise<void>;
}

/**
 * Opens and counts a connection to the database within `timeoutMs`, and another one when the server ends it at once, or restarts.
 * Rejects with `BorrowTimeout`, the signal's reason, or the error of login or preparation, and then leaves no
 * connection open.
 */
export async function openBackend<Piece extends MessagePiece>(
  proxy: ProxyState,
  opening: BackendOpening<Piece>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Backend<Piece>> {
  const startedAtMs = performance.now();
  let leftMs = timeoutMs;
  while (true) {
    try {
      return await openOnce(proxy, opening, leftMs, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ConnectionGone || opening.isUnavailable(error))) throw error;
      noteUnreachable(proxy, error);
      leftMs = timeoutMs - (performance.now() - startedAtMs) - reopenDelayMs;
      if (leftMs <= 0) throw new BorrowTimeout("the database closed the connection", { cause: error });
    }
    await delay(reopenDelayMs, undefined, { signal });
  }
}

async function openOnce<Piece extends MessagePiece>(
  proxy: ProxyState,
  opening: BackendOpening<Piece>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Backend<Piece>> {
  const { counters, database, options } = proxy;
  counters.databaseConnectionRequests += 1;
  try {
    const { upstream, login } = await openUpstream(
      options.upstream,
      timeoutMs,
      signal,
      (upstream) => opening.logIn(upstream),
      (error) => noteUnreachable(proxy, error),
    );
    const splitter = opening.createReplySplitter();
    const backend = new Backend<Piece>({
      id: counters.databaseConnectionsSetupSucceeded + 1,
      key: opening.key,
      upstream,
      login,
      splitReplies: (chunk) => splitter.split(chunk),
      isError: (piece) => opening.isError(piece),
      endsSession: (piece) => opening.endsSession(piece),
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
    database.noteLogin();
    return backend;
  } catch (error) {
    counters.databaseConnectionsSetupFailed += 1;
    if (!signal.aborted) database.noteFailure(error);
    throw error;
  }
}

function noteUnreachable({ database, options }: ProxyState, cause: unknown): void {
  database.noteFailure(cause);
  if (options.unreachableDatabase === "wait" || database.wasAvailable) return;
  throw new DatabaseUnreachable(`the database cannot be reached: ${describeFailure(cause)}`, { cause });
}

async function prepareOrClose<Piece extends MessagePiece>(
  backend: Backend<Piece>,
  opening: BackendOpening<Piece>,
): Promise<void> {
  try {
    await opening.prepare(backend);
    if (!backend.isFit) throw new ConnectionGone("the database closed the connection");
  } catch (error) {
    await backend.destroy();
    throw error;
  }
}

/** Runs a statement of the proxy and throws the server's error. */
export async function runProxyStatement<
  Statement extends ProxyStatement<Piece> & { readonly error: Error | undefined },
  Piece extends MessagePiece,
>(backend: Backend<Piece>, statement: Statement): Promise<Statement> {
  await backend.run(statement);
  if (statement.error !== undefined) throw statement.error;
  return statement;
}
