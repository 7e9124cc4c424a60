import { createHash } from "node:crypto";

/** What {@link describe} needs to know of the side whose values it describes. */
export interface Names {
  /** Texts that differ from side to side by nature, such as the database's name, and what stands for them. */
  readonly texts: ReadonlyMap<string, string>;
  /** Objects that are known by name, such as the connection that a listener or a chainable method returns. */
  readonly objects: ReadonlyMap<unknown, string>;
}

const LONGEST_TEXT = 2000;

/**
 * A value as a text from which everything that a user can tell apart can be told apart: types, classes, -0, holes, the
 * order of keys, milliseconds, bytes. Members of class instances that begin with `_` are private and left out.
 */
export function describe(value: unknown, names: Names): string {
  return new Description(names).of(value, "");
}

/** Puts names in the place of what differs from side to side by nature. */
export function normalise(text: string, { texts }: Names): string {
  let normal = text;
  for (const [own, name] of texts) normal = normal.replaceAll(own, name);
  return normal;
}

class Description {
  readonly #names: Names;
  readonly #ancestors = new Set<object>();
  readonly #tableIds: unknown[] = [];

  constructor(names: Names) {
    this.#names = names;
  }

  of(value: unknown, indent: string): string {
    const name = this.#names.objects.get(value);
    if (name !== undefined) return `<${name}>`;
    switch (typeof value) {
      case "string":
        return JSON.stringify(shorten(normalise(value, this.#names)));
      case "number":
        return Object.is(value, -0) ? "-0" : String(value);
      case "bigint":
        return `${value}n`;
      case "function":
        return `[function ${value.name}]`;
      case "object":
        return value === null ? "null" : this.#ofObject(value, indent);
      default:
        return String(value);
    }
  }

  #ofObject(value: object, indent: string): string {
    if (this.#ancestors.has(value)) return "[circular]";
    this.#ancestors.add(value);
    try {
      return this.#ofUnvisited(value, indent);
    } finally {
      this.#ancestors.delete(value);
    }
  }

  #ofUnvisited(value: object, indent: string): string {
    const kind = classOf(value);
    if (value instanceof Date) return `${kind} ${value.getTime()}`;
    if (value instanceof RegExp || value instanceof Promise) return `${kind} ${String(value)}`;
    if (ArrayBuffer.isView(value)) {
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      return `${kind}(${bytes.length}) ${shorten(bytes.toString("hex"))}`;
    }
    if (value instanceof Error) return this.#ofError(value, indent);
    if (Array.isArray(value)) return this.#ofArray(value, kind, indent);
    if (value instanceof Map) return `${kind} ${this.of([...value], indent)}`;
    if (value instanceof Set) return `${kind} ${this.of([...value], indent)}`;
    if ("_buf" in value && "columnType" in value) return this.#ofMembers("column", columnOf(value), indent);
    return this.#ofMembers(kind === "Object" ? "" : kind, membersOf(value, kind), indent);
  }

  #ofArray(value: readonly unknown[], kind: string, indent: string): string {
    const inner = `${indent}  `;
    const items = Array.from({ length: value.length }, (_, i) =>
      i in value ? this.of(value[i], inner) : "<hole>",
    );
    // Such as the fields that a library hangs onto an array.
    const others = membersOf(value, kind).filter(([key]) => !/^\d+$/.test(String(key)));
    const rest = others.map(([key, member]) => `${String(key)}: ${this.of(member, inner)}`);
    return this.#brackets(kind === "Array" ? "" : kind, ["[", "]"], [...items, ...rest], indent);
  }

  #ofError(error: Error, indent: string): string {
    const chain: string[] = [];
    for (let at: object | null = error; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
      if (Object.hasOwn(at, "constructor")) chain.push(String(at.constructor?.name));
    }
    const members = Reflect.ownKeys(error)
      .filter((key) => key !== "stack")
      .toSorted((a, b) => String(a).localeCompare(String(b)))
      .map(
        (key): Member => [
          Object.getOwnPropertyDescriptor(error, key)?.enumerable ? key : `(${String(key)})`,
          Reflect.get(error, key),
        ],
      );
    return this.#ofMembers(chain.join(" < "), [["(name)", error.name], ...members], indent);
  }

  #ofMembers(kind: string, members: readonly Member[], indent: string): string {
    const texts = members.map(([key, value]) => {
      // Tables of the same name have other numbers in another database.
      const known = key === "tableID" && value !== 0 ? this.#tableName(value) : undefined;
      return `${normalise(String(key), this.#names)}: ${known ?? this.of(value, `${indent}  `)}`;
    });
    return this.#brackets(kind, ["{", "}"], texts, indent);
  }

  #tableName(id: unknown): string {
    if (!this.#tableIds.includes(id)) this.#tableIds.push(id);
    return `<table ${this.#tableIds.indexOf(id) + 1}>`;
  }

  #brackets(kind: string, [open, close]: [string, string], items: readonly string[], indent: string): string {
    const start = kind === "" ? open : `${kind} ${open}`;
    if (items.length === 0) return `${start}${close}`;
    const oneLine = `${start} ${items.join(", ")} ${close}`;
    if (oneLine.length < 100 && !oneLine.includes("\n")) return oneLine;
    return `${start}\n${items.map((item) => `${indent}  ${item},\n`).join("")}${indent}${close}`;
  }
}

type Member = readonly [key: string | symbol, value: unknown];

function classOf(value: object): string {
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === null) return "[no prototype]";
  return String(prototype.constructor?.name);
}

function membersOf(value: object, kind: string): readonly Member[] {
  const isPlain = kind === "Object" || kind === "[no prototype]" || kind === "Array";
  return Reflect.ownKeys(value)
    .filter((key) => Object.getOwnPropertyDescriptor(value, key)?.enumerable)
    .filter((key) => isPlain || !String(key).startsWith("_"))
    .map((key): Member => [key, Reflect.get(value, key)]);
}

/** The properties of a column of mysql2, most of them getters; the buffer of its packet is left out. */
function columnOf(column: object): readonly Member[] {
  const names =
    "catalog schema db name orgName table orgTable characterSet encoding columnLength length columnType type flags decimals";
  return names.split(" ").map((name): Member => [name, Reflect.get(column, name)]);
}

function shorten(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  const hash = createHash("sha256").update(text).digest("hex");
  return `${text.slice(0, 40)}... ${text.length} characters, SHA-256 ${hash}`;
}
