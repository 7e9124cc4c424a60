/** Settings of a session that RDS Proxy follows, as far as they differ from what they were before any client. */
export class TrackedSettings {
  readonly #changed = new Map<string, string>();
  /** The current database; `undefined` for none. */
  database: Buffer | undefined;

  constructor(database: Buffer | undefined) {
    this.database = database;
  }

  /** Notes what the server tells of some of them. */
  note(
    values: Iterable<readonly [name: string, value: string]>,
    defaults: ReadonlyMap<string, string>,
  ): void {
    for (const [name, value] of values) {
      if (defaults.get(name) === value) this.#changed.delete(name);
      else this.#changed.set(name, value);
    }
  }

  /** Back to how the session began; the database stays. */
  reset(): void {
    this.#changed.clear();
  }

  /** Equal for sessions that may share a backend. */
  get key(): string {
    return JSON.stringify([this.database?.toString("latin1") ?? null, ...this.#sorted()]);
  }

  /** The statement that gives them to a new session; `undefined` when there is nothing to change. */
  get statement(): string | undefined {
    const assignments = this.#sorted().map(([name, value]) => `${name} = ${toLiteral(name, value)}`);
    return assignments.length === 0 ? undefined : `SET SESSION ${assignments.join(", ")}`;
  }

  // By name, which also sets a collation after the character set that would change it.
  #sorted(): (readonly [string, string])[] {
    return [...this.#changed].sort(([one], [other]) => (one < other ? -1 : 1));
  }
}

function toLiteral(name: string, value: string): string {
  // Where NULL has a meaning, the server shows it as nothing.
  if (name === "character_set_results" && value === "") return "NULL";
  if (/^\d+$/.test(value)) return value;
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
