import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import MiniSearch from "minisearch";
import { beforeAll, expect, test } from "vitest";
import { ROOT } from "../assemble/repository.js";
import { boostDocument, tokenize } from "../search-options.js";
import { DIST } from "../serve.js";

let index: MiniSearch;
beforeAll(async () => {
  const [file = ""] = await Array.fromAsync(glob("assets/chunks/@localSearchIndexroot.*.js", { cwd: DIST }));
  const { default: json } = await import(join(DIST, file));
  // As VitePress's search box does.
  index = MiniSearch.loadJSON(json, {
    fields: ["title", "titles", "text"],
    storeFields: ["title", "titles"],
    searchOptions: { fuzzy: 0.2, prefix: true, boost: { title: 4, text: 2, titles: 1 }, boostDocument },
    tokenize,
  });
});

/** The pages that the search box shows. */
function shown(question: string): readonly string[] {
  return index
    .search(question)
    .slice(0, 16)
    .map(({ id }) => String(id));
}

const core = join(ROOT, "packages", "core", "src");
const errors = await readFile(join(core, "errors.ts"), "utf8");
const codes = [...new Set(errors.match(/RDS_PROXY_[A-Z_]+/g))];
const resolving = await readFile(join(core, "options", "options.ts"), "utf8");
const options = [...resolving.matchAll(/^ {2}(\w+): true,$/gm)].map(([, name = ""]) => name);

test("the codes and options are those of the library", () => {
  expect(codes).toContain("RDS_PROXY_EXHAUSTED");
  expect(codes.length).toBeGreaterThan(10);
  expect(options).toContain("maxConnections");
  expect(options.length).toBeGreaterThan(15);
});

test.each(codes)("the search finds %s in the table of errors", (code) => {
  expect(shown(code)).toContainEqual(expect.stringContaining("/docs/errors.html"));
});

test.each(options)("the search finds the option %s in a README or the reference", (option) => {
  expect(shown(option)).toContainEqual(expect.stringMatching(/\/(?:packages|api)\//));
});

test.each([
  "remaining connection slots are reserved",
  "self-signed certificate in certificate chain",
  "Sequelize time zone",
  "startLocalProxy",
])("the search finds “%s”", (question) => {
  expect(shown(question).length).toBeGreaterThan(0);
});

test.each(["transaction", "retry", "pool", "connection"])(
  "guides come before the reference for “%s”",
  (question) => {
    expect(shown(question)[0]).not.toContain("/api/");
  },
);
