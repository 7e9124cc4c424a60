import { isBefore1 } from "./drizzle-options.js";

/** `drizzle()` of either engine. Its types differ between Drizzle 0.45 and 1.0; the options were checked for the installed one. */
interface Drizzle {
  (config: object): object;
  /** A database without a client. */
  mock(config: object): object;
}

/** Members of a database that Drizzle's types leave out. Checked in drizzle-orm 0.45.2 and 0.45.4. */
interface DatabaseInternals {
  readonly dialect: object;
  readonly session: {
    /** What Drizzle has read from the tables and relations. */
    readonly schema: object | undefined;
    readonly options: object;
  };
  /** On MySQL only. */
  readonly mode?: string;
  $cache: unknown;
}

type Constructor<Made> = new (...args: readonly unknown[]) => Made;

/** A function that makes a database of a client by `drizzle()` with these options. */
export function databaseFactory<Database extends object>(
  drizzle: object,
  config: object,
): (client: object) => Database {
  const create = drizzle as Drizzle;
  if (isBefore1) return likeTemplate(create.mock(config) as Database & DatabaseInternals);
  return (client) => create({ ...config, client }) as Database;
}

/**
 * `drizzle()` of 0.45 reads the schema each time, which takes about 15 µs for each table, and mistakes `{ mode, client }` for a client.
 * A template has read the schema once.
 */
function likeTemplate<Database extends object>(
  template: Database & DatabaseInternals,
): (client: object) => Database {
  const { dialect, session, mode, $cache } = template;
  const SessionClass = session.constructor as Constructor<object>;
  const DatabaseClass = template.constructor as Constructor<Database & DatabaseInternals>;
  return (client) => {
    const own = new SessionClass(client, dialect, session.schema, session.options);
    const db = new DatabaseClass(dialect, own, session.schema, mode);
    db.$cache = $cache;
    return db;
  };
}
