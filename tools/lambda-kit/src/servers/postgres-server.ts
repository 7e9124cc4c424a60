import {
  type RunningServer,
  startPrivatePostgres,
} from "../../../../packages/local-proxy/src/databases/index.js";
import { parseServerUrl } from "./server-url.js";

/** The PostgreSQL at TEST_POSTGRES_URL, without `settings`, or a private one. */
export async function startPostgresServer(settings: readonly string[] = []): Promise<RunningServer> {
  const url = process.env["TEST_POSTGRES_URL"];
  if (!url) return await startPrivatePostgres(settings);
  const server = parseServerUrl("TEST_POSTGRES_URL", url, { port: 5432, database: "postgres" });
  return { ...server, stop: async () => undefined };
}
