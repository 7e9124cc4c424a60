import { Cache, type MutationOption } from "drizzle-orm/cache/core";

/** A cache for Drizzle in memory, which records its calls. */
export class MemoryCache extends Cache {
  readonly calls: unknown[] = [];
  readonly #rows = new Map<string, unknown[]>();
  readonly #strategy: "explicit" | "all";

  constructor(strategy: "explicit" | "all") {
    super();
    this.#strategy = strategy;
  }

  clear(): void {
    this.calls.length = 0;
    this.#rows.clear();
  }

  override strategy(): "explicit" | "all" {
    return this.#strategy;
  }

  override async get(...[key, tables, isTag]: Parameters<Cache["get"]>): Promise<unknown[] | undefined> {
    this.calls.push(["get", tables, isTag, this.#rows.has(key)]);
    return this.#rows.get(key);
  }

  override async put(key: string, rows: unknown[], tables: string[], isTag: boolean): Promise<void> {
    this.calls.push(["put", tables, isTag]);
    this.#rows.set(key, rows);
  }

  override async onMutate(params: MutationOption): Promise<void> {
    this.calls.push(["onMutate", Object.keys(params)]);
    this.#rows.clear();
  }
}
