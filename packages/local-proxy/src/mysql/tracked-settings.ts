/** The tracked variables of a session that differ from the backend's defaults, and its database. */
export class TrackedSettings {
  readonly #changed = new Map<string, string>();
  /** The current database; `undefined` for none. */
  database: Buffer | undefined;

  constructor(database: Buffer | undefined) {
    this.database = database;
  }

  /** Records current values from the server. */
  note(
    values: Iterable<readonly [name: string, value: string]>,
    defaults: ReadonlyMap<string, string>,
  ): void {
    for (const [name, value] of values) {
      if (defaults.get(name) === value) this.#changed.delete(name);
      else this.#changed.set(name, value);
    }
  }

  /** The current value of a variable; `undefined` for one that the server does not know. */
  currentValue(name: string, defaults: ReadonlyMap<string, string>): string | undefined {
    return this.#changed.get(name) ?? defaults.get(name);
  }

  /** Forgets the changes of these variables. */
  forget(names: readonly string[]): void {
    for (const name of names) this.#changed.delete(name);
  }

  /** Forgets all changes, but keeps the database. */
  reset(): void {
    this.#changed.clear();
  }

  /** Equal for sessions that can share a backend. */
  get key(): string {
    return JSON.stringify([this.database?.toString("latin1") ?? null, ...this.#sorted()]);
  }

  /** The statement that sets them on a new backend; `undefined` when nothing differs. */
  get statement(): string | undefined {
    const assignments = this.#sorted().map(([name, value]) => `${name} = ${toLiteral(name, value)}`);
    return assignments.length === 0 ? undefined : `SET SESSION ${assignments.join(", ")}`;
  }

  // Sorted by name, so that a collation comes after its character set, which would reset it.
  #sorted(): (readonly [string, string])[] {
    return [...this.#changed].sort(([one], [other]) => (one < other ? -1 : 1));
  }
}

function toLiteral(name: string, value: string): string {
  // The server shows NULL as an empty string here.
  if (name === "character_set_results" && value === "") return "NULL";
  if (/^\d+$/.test(value)) return value;
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
