import { readdir, readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { repositoryFields, repositoryUrl } from "./repository-fields.js";

const root = new URL("../../", import.meta.url);
const folders = await readdir(new URL("packages/", root));

describe.each(folders)("the package.json of %s", (folder) => {
  test("leads to its sources; npm run release:repository writes this", async () => {
    expect(await manifestOf(folder)).toMatchObject(repositoryFields(folder));
  });

  test("has keywords, and can be published for all", async () => {
    expect(await manifestOf(folder)).toMatchObject({
      name: `@rds-proxy/${folder}`,
      description: expect.stringMatching(/\w/),
      keywords: expect.arrayContaining(["aws", "aws-lambda", "rds", "rds-proxy"]),
      license: "MIT",
      publishConfig: { access: "public" },
    });
  });
});

test("the files in .github and the doctor's probe name the same owner and repository", async () => {
  const addresses: string[] = [];
  const found = await readdir(new URL(".github/", root), { recursive: true, withFileTypes: true });
  const files = found.filter((path) => path.isFile()).map((path) => `${path.parentPath}/${path.name}`);
  const ofDoctor = ["README.md", "src/command/probe-command.ts"].map(
    (file) => new URL(`packages/doctor/${file}`, root),
  );
  for (const file of [...files, ...ofDoctor]) {
    const text = await readFile(file, "utf8");
    addresses.push(
      ...(text.match(/https:\/\/github\.com\/[\w.-]+\/[\w.-]+\/(?:blob|issues|security)/g) ?? []),
    );
  }
  expect(addresses).not.toEqual([]);
  expect(addresses.filter((address) => !address.startsWith(`${repositoryUrl}/`))).toEqual([]);
  const owner = new URL(repositoryUrl).pathname.split("/")[1];
  expect(await readFile(new URL(".github/CODEOWNERS", root), "utf8")).toMatch(
    new RegExp(`^\\* @${owner}/`, "m"),
  );
});

async function manifestOf(folder: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(`packages/${folder}/package.json`, root), "utf8"));
}
