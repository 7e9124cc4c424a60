import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { filesOn, injectedEngines } from "../support/files-on.js";

const files = {
  include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
  exclude: ["**/node_modules/**", "test/packaging/*"],
};

test.each([
  ['startLocalProxy({ engine: "mysql", upstream: inject("mysql") })', ["mysql"]],
  ['new pg.Client(inject("postgres"))', ["postgres"]],
  ["startLocalProxy({ engine, upstream: inject(engine) })", ["postgres", "mysql"]],
  ["const server = inject(adapter.engine);", ["postgres", "mysql"]],
  ['inject("aliases")', []],
  ["reinject(engine)", []],
] as const)("%s runs on %j", (code, engines) => {
  expect(injectedEngines(code)).toEqual(engines);
});

test("a file that injects MySQL's server runs in the projects that have one", () => {
  const found = filesOn("mysql", files);
  expect(found).toContain("test/conformance/mysql2.test.ts");
  // By what they import.
  expect(found).toContain("packages/local-proxy/src/mysql/relay.test.ts");
  expect(found).toContain("test/fidelity/mysql2.test.ts");
  expect(found).toContain("test/integration/kysely-0.28.test.ts");
  expect(found).not.toContain("test/conformance/pg.test.ts");
  expect(found).not.toContain("test/fidelity/pg.test.ts");
});

test("no test file takes a server in another way, in which it would miss the other projects", () => {
  const all = globSync(files.include, { exclude: files.exclude });
  expect(all.length).toBeGreaterThan(100);
  const others = all.filter((file) =>
    /start(?:Mysql|Postgres)Server\(|process\.env\["TEST_(?:MYSQL|POSTGRES)_URL/.test(
      readFileSync(file, "utf8"),
    ),
  );
  expect(others).toEqual([]);
});
