import { readdirSync, readFileSync } from "node:fs";
import { dimensions } from "./dimensions.js";

const root = new URL("../../", import.meta.url);

/** The packages of the matrix, with their names on npm. */
const peers = {
  middy: "@middy/core",
  pg: "pg",
  mysql2: "mysql2",
  kysely: "kysely",
  drizzle: "drizzle-orm",
  sequelize: "sequelize",
} as const;

const BEGIN = "<!-- From the matrix of test/versions, by npm run docs:versions -->\n";
const END = "<!-- End of the matrix -->";

interface Manifest {
  readonly engines: { readonly node: string };
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** A page with the table between its two comments renewed. Throws an error if they are missing. */
export function withSupportTable(page: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`expected ${BEGIN}and ${END} in the page`);
  return `${before}${BEGIN}\n${supportTable()}\n${END}${after}`;
}

/** What the manifests allow, beside the versions that the matrix tests. */
function supportTable(): string {
  const { engines, devDependencies } = read("package.json");
  const rows = [
    ["Node.js", read("packages/core/package.json").engines.node, versions(dimensions.node)],
    ["PostgreSQL", versions(dimensions.postgres).replace(/,.*,/, " to"), versions(dimensions.postgres)],
    ...Object.entries(peers).map(([dimension, name]) => [
      `\`${name}\``,
      allowed(name),
      versions(Reflect.get(dimensions, dimension), devDependencies?.[name]),
    ]),
  ];
  if (engines.node !== rows[0]?.[1])
    throw new Error("the packages and the repository need different versions of Node.js");
  return [
    "| | supported | tested |",
    "| --- | --- | --- |",
    ...rows.map((cells) => `| ${cells.join(" | ")} |`),
    "",
  ].join("\n");
}

/** The range that all packages with this peer dependency have. */
function allowed(peer: string): string {
  const manifests = readdirSync(new URL("packages/", root)).map((folder) =>
    read(`packages/${folder}/package.json`),
  );
  const ranges = new Set(manifests.flatMap(({ peerDependencies }) => peerDependencies?.[peer] ?? []));
  const [range, ...others] = ranges;
  if (range === undefined || others.length > 0)
    throw new Error(`expected one range of ${peer}, got ${[...ranges]}`);
  return range.replaceAll(" || ", " or ");
}

/** In ascending order; `newest` is the minor version that the tests install, of whatever patch. */
function versions(values: readonly string[], newest?: string): string {
  const named = values.map((value) =>
    value === "newest" ? (newest?.replace(/\.\d+$/, ".x") ?? value) : value,
  );
  return named.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).join(", ");
}

function read(path: string): Manifest {
  return JSON.parse(readFileSync(new URL(path, root), "utf8"));
}
