import type { Sequelize } from "sequelize";
import type { ConnectionManager } from "./connection-manager.js";
import type { SequelizeDialect } from "./dialects/dialect.js";
import { settingsOf } from "./instance-settings.js";

/**
 * What stands in for the server's version until the first login. Sequelize opens a connection of its own to ask for a
 * version that is missing, and compares this one like the oldest that it supports.
 */
export function unknownVersion({ oldestVersion }: SequelizeDialect): string {
  return `${oldestVersion}+unknown`;
}

/** Has Sequelize take the version from the first login instead of a connection of its own. */
export function awaitVersion(
  sequelize: Sequelize,
  manager: ConnectionManager,
  dialect: SequelizeDialect,
): void {
  const { options } = settingsOf(sequelize);
  if (options.databaseVersion !== unknownVersion(dialect)) return;
  options.databaseVersion = 0;
  manager.versionPromise = Promise.resolve();
}

/** Sets the version where it is still missing after a login: Sequelize reads PostgreSQL's own report of it. */
export async function learnVersion(
  sequelize: Sequelize,
  dialect: SequelizeDialect,
  connection: object,
): Promise<void> {
  const { options } = settingsOf(sequelize);
  if (options.databaseVersion !== 0) return;
  const said = dialect.versionSaidBy(connection) ?? (await askVersion(sequelize, connection));
  options.databaseVersion = coerceVersion(said) ?? dialect.oldestVersion;
}

/** Sequelize's own question, on a connection that has just been opened. */
async function askVersion(sequelize: Sequelize, connection: object): Promise<string> {
  const version: unknown = await Reflect.apply(sequelize.databaseVersion, sequelize, [
    { transaction: { connection }, logging: false },
  ]);
  return String(version);
}

/** `major.minor.patch` of what a server calls its version, as Sequelize's `semver.coerce` finds it. */
export function coerceVersion(text: string): string | undefined {
  const found = /(?:^|\D)(\d{1,16})(?:\.(\d{1,16}))?(?:\.(\d{1,16}))?(?:$|\D)/.exec(text);
  if (!found) return undefined;
  const [, major, minor = "0", patch = "0"] = found;
  return [major, minor, patch].map(Number).join(".");
}
