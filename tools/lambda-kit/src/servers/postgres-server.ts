import {
  type DatabaseServer,
  type RunningServer,
  startPrivatePostgres,
} from "../../../../packages/local-proxy/src/databases/index.js";

/** The PostgreSQL at TEST_POSTGRES_URL, without `settings`, or a private one. */
export async function startPostgresServer(settings: readonly string[] = []): Promise<RunningServer> {
  const url = process.env["TEST_POSTGRES_URL"];
  if (url) return { ...parseServerUrl("TEST_POSTGRES_URL", url, 5432), stop: async () => undefined };
  return await startPrivatePostgres(settings);
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
