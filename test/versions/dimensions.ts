/**
 * What RDS, Lambda and a user's package.json may have. A cell of the matrix has one value of each. The first ones are what all
 * other tests run on.
 */
export const dimensions = {
  /** Versions of npm's package `node`: the oldest that ours allow, Lambda's newest, and the next. */
  node: ["24", "22.15", "26"],
  /** Major versions that RDS runs. */
  postgres: ["18", "17", "16", "15", "14"],
  mysql: ["mariadb", "mysql"],
  tls: ["1.3", "1.2"],
  /** The time zone of the servers. */
  zone: ["utc", "kathmandu", "newfoundland"],
  /** The language of the servers' messages. */
  language: ["english", "german"],
  /** `max_allowed_packet` of MySQL and MariaDB. */
  packet: ["large", "small"],
  /** What the servers take clients to write if these do not say: `client_encoding`, `character_set_server`. */
  encoding: ["utf8", "latin1"],
  /** What quotes and backslashes mean: `standard_conforming_strings`, `sql_mode`. */
  quoting: ["default", "other"],
  // The oldest that the peer dependencies allow, and what is about to come. `newest` is the tests' own.
  middy: ["newest", "6.0.0"],
  pg: ["newest", "8.16.0"],
  mysql2: ["newest", "3.21.1", "3.15.0"],
  kysely: ["newest", "0.28.0", "0.30.0-beta.2"],
  sequelize: ["newest", "6.37.0"],
  // With `newest`, which the examples' own tests run on, a cell runs no examples of a library. Of @prisma/client 8 and its adapters
  // there are development builds only.
  drizzle: ["newest", "0.45.2", "1.0.0-rc.5"],
  prisma: ["newest", "8.1.0-dev.7"],
} as const;

export type Dimension = keyof typeof dimensions;

/** One value of each dimension. */
export type MatrixCell = { readonly [D in Dimension]: (typeof dimensions)[D][number] };
