import { installPrograms } from "../support/install-programs.js";

// Debian's package for each program.
const packages = {
  psql: "postgresql-client",
  pgbench: "postgresql-contrib",
  pgbouncer: "pgbouncer",
  mariadb: "mariadb-client",
  chromium: "chromium",
};

/** Installs missing programs for the clients' tests where that is possible. */
export default async function setup(): Promise<void> {
  await installPrograms(packages, "npm run test:clients");
}
