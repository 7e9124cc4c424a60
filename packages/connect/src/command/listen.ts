import { once } from "node:events";
import { lstat, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import type { Engine } from "@rds-proxy/core";
import type { Listener } from "../listener/listener.js";
import type { ClientAddress } from "./client-environment.js";
import type { ListenFlags } from "./command-line.js";
import { UsageError } from "./usage-error.js";

/** The port in the name of PostgreSQL's Unix sockets. */
const NAMED_PORT = 5432;

/**
 * Starts to listen where the flags say.
 *
 * @returns how clients reach it
 * @throws UsageError if that is not possible
 */
export async function listen(
  listener: Listener,
  { host, port, socket }: ListenFlags,
  engine: Engine,
): Promise<Pick<ClientAddress, "host" | "port" | "path">> {
  if (socket === undefined) {
    const bound = await listenOnPort(listener, host, port ?? 0);
    return { host: reachable(host), port: bound, path: undefined };
  }
  const namedPort = engine === "postgres" ? (port ?? NAMED_PORT) : undefined;
  const path = namedPort === undefined ? socket : join(socket, `.s.PGSQL.${namedPort}`);
  await listenOnSocket(listener, path);
  return { host: undefined, port: namedPort, path };
}

async function listenOnPort(listener: Listener, host: string, port: number): Promise<number | undefined> {
  try {
    return await listener.listen({ host, port });
  } catch (error) {
    switch (codeOf(error)) {
      case "EADDRINUSE":
        throw new UsageError(
          `--port: ${port} is in use. Choose another one, or leave it out for any free port.`,
        );
      case "EACCES":
        throw new UsageError(`--port: this user may not listen on ${port}. Choose one from 1024.`);
      case "EADDRNOTAVAIL":
        throw new UsageError(`--listen: ${host} is not an address of this machine.`);
      default:
        throw error;
    }
  }
}

async function listenOnSocket(listener: Listener, path: string): Promise<void> {
  try {
    await listener.listen({ path });
  } catch (error) {
    const code = codeOf(error);
    if (code === "EADDRINUSE" && (await isLeftOver(path))) {
      await rm(path);
      await listener.listen({ path });
      return;
    }
    const reason = code === "EACCES" ? await whyDenied(dirname(path)) : REASONS[code];
    throw new UsageError(`--socket: ${JSON.stringify(path)} cannot be listened on: ${reason ?? code}.`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "something else is there, or uses it",
  ENOTDIR: "a part of its path is not a folder",
  EINVAL: "the path is too long",
};

/** libuv reports a folder that does not exist as EACCES, too. */
async function whyDenied(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  if (!found) return "there is no such folder";
  return found.isDirectory() ? "this user may not write there" : `${folder} is not a folder`;
}

/** Whether it is the socket of a program that has ended without removing it. */
async function isLeftOver(path: string): Promise<boolean> {
  // A file or folder refuses connections as well.
  if (!(await lstat(path)).isSocket()) return false;
  const socket = connect({ path });
  try {
    await once(socket, "connect");
    return false;
  } catch (error) {
    return codeOf(error) === "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}

/** Clients cannot connect to the address that stands for all. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
