import type { SequelizeDialect } from "./dialects/dialect.js";
import type { SequelizeInternals } from "./sequelize-internals.js";

/**
 * Stands for the server's version until the first login. Without a version Sequelize would open a connection to query it;
 * this one compares like the oldest that Sequelize supports.
 */
export function unknownVersion({ oldestVersion }: SequelizeDialect): string {
  return `${oldestVersion}+unknown`;
}

/** Has Sequelize take the version from the first login instead of a connection of its own. */
export function awaitVersion(
  { options, connectionManager }: SequelizeInternals,
  dialect: SequelizeDialect,
): void {
  if (options.databaseVersion !== unknownVersion(dialect)) return;
  options.databaseVersion = 0;
  connectionManager.versionPromise = Promise.resolve();
}

/** Sets the version if it is still missing after a login: on PostgreSQL Sequelize has read the server's report of it. */
export async function learnVersion(
  internals: SequelizeInternals,
  dialect: SequelizeDialect,
  connection: object,
): Promise<void> {
  const { options } = internals;
  if (options.databaseVersion !== 0) return;
  const reported = dialect.reportedVersion(connection) ?? (await queryVersion(internals, connection));
  options.databaseVersion = coerceVersion(reported) ?? dialect.oldestVersion;
}

/** Sequelize's own query, on the new connection. */
async function queryVersion(internals: SequelizeInternals, connection: object): Promise<string> {
  return String(await internals.databaseVersion({ transaction: { connection }, logging: false }));
}

/** `major.minor.patch` of a server's version text, as Sequelize's `semver.coerce` finds it. */
export function coerceVersion(text: string): string | undefined {
  const found = /(?:^|\D)(\d{1,16})(?:\.(\d{1,16}))?(?:\.(\d{1,16}))?(?:$|\D)/.exec(text);
  if (!found) return undefined;
  const [, major, minor = "0", patch = "0"] = found;
  return [major, minor, patch].map(Number).join(".");
}
