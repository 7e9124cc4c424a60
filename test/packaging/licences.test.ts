import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import lock from "../../package-lock.json" with { type: "json" };

/** SPDX names of permissive licences, which require attribution at most. */
const permissive = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "MIT-0",
  "Unlicense",
]);

/** Under the MPL-2.0; a dependency of Vitest, which only users of the conformance suite install. */
const tools = /^node_modules\/lightningcss/;

interface LockedPackage {
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}

test("everything that users install with the packages, drivers and ORMs included, has a permissive licence", () => {
  const packages: readonly (readonly [string, LockedPackage])[] = Object.entries(lock.packages);
  const ofUsers = packages.filter(([path, { dev, link }]) => path.includes("node_modules/") && !dev && !link);
  const found = ofUsers.map(([path]) => path);
  expect(found).toContain("node_modules/pg");
  expect(found).toContain("node_modules/@aws-sdk/credential-providers");

  const others = ofUsers.filter(([path, { license }]) => !permissive.has(license ?? "") && !tools.test(path));
  expect(others.map(([path, { license }]) => `${path}: ${license ?? "no licence stated"}`)).toEqual([]);
});

test("each package contains the licence, which npm does not copy from the root of the repository", async () => {
  const root = new URL("../../", import.meta.url);
  const licence = await readFile(new URL("LICENSE", root), "utf8");
  const names = await readdir(new URL("packages/", root));
  expect(names).toContain("core");
  for (const name of names) {
    expect(await readFile(new URL(`packages/${name}/LICENSE`, root), "utf8"), name).toBe(licence);
  }
});
