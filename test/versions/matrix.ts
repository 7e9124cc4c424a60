import { createRandom, type Random } from "../support/random.js";
import { type Dimension, dimensions, type MatrixCell } from "./dimensions.js";

/** Cells in which each value of each dimension occurs. The same seed gives the same cells. */
export function coveringCells(seed: number): readonly MatrixCell[] {
  const count = Math.max(...Object.values(dimensions).map((values) => values.length));
  return Array.from({ length: count }, (_, index) =>
    // A stream of its own for each dimension: the order of its values is the same in each cell.
    cellOf((name, values) => pickInTurn(values, index, createRandom(seed, name))),
  );
}

/**
 * Reads `node=26,postgres=14`. What is not named is as in the other tests.
 *
 * @throws Error that names the dimension, what it can be and what was given
 */
export function parseCell(text: string): MatrixCell {
  const given = new Map<string, string>();
  for (const part of text.split(",").filter((each) => each !== "")) {
    const [name = "", value = ""] = part.split("=");
    if (!Object.hasOwn(dimensions, name)) {
      throw new Error(`--cell: expected names of ${Object.keys(dimensions).join(", ")}; received ${part}`);
    }
    given.set(name, value);
  }
  return cellOf((name, values) => {
    const value = given.get(name);
    if (value === undefined) return values[0];
    const known = values.find((each) => each === value);
    if (known === undefined) {
      throw new Error(`--cell: expected ${name} to be one of ${values.join(", ")}; received ${value}`);
    }
    return known;
  });
}

/** The text that `parseCell` reads. */
export function formatCell(cell: MatrixCell): string {
  return Object.entries(cell)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}

type Values<T extends string> = readonly [T, ...T[]];

function cellOf(value: <T extends string>(name: Dimension, values: Values<T>) => T): MatrixCell {
  return {
    node: value("node", dimensions.node),
    postgres: value("postgres", dimensions.postgres),
    mysql: value("mysql", dimensions.mysql),
    tls: value("tls", dimensions.tls),
    zone: value("zone", dimensions.zone),
    language: value("language", dimensions.language),
    packet: value("packet", dimensions.packet),
    encoding: value("encoding", dimensions.encoding),
    quoting: value("quoting", dimensions.quoting),
    middy: value("middy", dimensions.middy),
    pg: value("pg", dimensions.pg),
    mysql2: value("mysql2", dimensions.mysql2),
    kysely: value("kysely", dimensions.kysely),
    sequelize: value("sequelize", dimensions.sequelize),
    drizzle: value("drizzle", dimensions.drizzle),
    prisma: value("prisma", dimensions.prisma),
  };
}

/** The values in a random order, one after the other. */
function pickInTurn<T extends string>([first, ...others]: Values<T>, turn: number, random: Random): T {
  const order = [first, ...others]
    .map((value) => ({ value, rank: random.next() }))
    .toSorted((a, b) => a.rank - b.rank);
  return order[turn % order.length]?.value ?? first;
}
