import type { TestedServer } from "../support/global-setup.js";

/** Mutants of these packages are tested by the same tests. */
export interface TestGroup {
  readonly packages: readonly string[];
  /** Patterns of test files, relative to the repository. */
  readonly tests: readonly string[];
  /** What the tests inject. */
  readonly servers: readonly TestedServer[];
}

const integration = (...names: readonly string[]): readonly string[] =>
  names.map((name) => `test/integration/${name}.test.ts`);

/** Of the tests of `npm test`, the fastest that reach a package well; an engine's tests on one of its servers. */
export const testGroups: readonly TestGroup[] = [
  {
    packages: ["core", "database", "middleware"],
    // The table of statements is the test of core's session-state/.
    tests: ["packages/*/src/**/*.test.ts", "test/pins/statements.test.ts"],
    servers: [],
  },
  {
    packages: ["adapter-pg"],
    tests: [
      "packages/adapter-pg/src/**/*.test.ts",
      "test/conformance/pg.test.ts",
      ...integration("pg-pool", "connection-views", "driver-options", "session-state"),
    ],
    servers: ["postgres"],
  },
  {
    packages: ["adapter-mysql2"],
    tests: [
      "packages/adapter-mysql2/src/**/*.test.ts",
      "test/conformance/mysql2.test.ts",
      ...integration("mysql-pool", "mysql-sessions", "connection-views", "driver-options", "session-state"),
    ],
    servers: ["mariadb"],
  },
  {
    packages: ["adapter-kysely"],
    tests: [
      "packages/adapter-kysely/src/**/*.test.ts",
      "test/conformance/kysely-*.test.ts",
      ...integration(
        "kysely-cancelling",
        "kysely-dialect",
        "kysely-invocations",
        "kysely-isolation",
        "driver-options",
        "restores",
        "session-state",
      ),
    ],
    servers: ["postgres", "mariadb"],
  },
  {
    packages: ["adapter-sequelize"],
    tests: [
      "packages/adapter-sequelize/src/**/*.test.ts",
      "test/conformance/sequelize-*.test.ts",
      ...integration("sequelize", "sequelize-zones"),
      "test/docs/sequelize-dialect-options.test.ts",
    ],
    servers: ["postgres", "mariadb"],
  },
  {
    packages: ["adapter-drizzle"],
    tests: [
      "packages/adapter-drizzle/src/**/*.test.ts",
      "test/conformance/drizzle-*.test.ts",
      ...integration("drizzle"),
    ],
    servers: ["postgres", "mariadb"],
  },
];

/** The files of each group's packages; groups without any are left out. */
export function groupFiles(
  files: readonly string[],
): readonly { readonly group: TestGroup; readonly files: readonly string[] }[] {
  return testGroups
    .map((group) => ({
      group,
      files: files.filter((file) => group.packages.some((name) => file.startsWith(`packages/${name}/`))),
    }))
    .filter(({ files: ofGroup }) => ofGroup.length > 0);
}
