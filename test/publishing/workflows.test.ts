import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parse } from "yaml";

const github = new URL("../../.github/", import.meta.url);
const files = (await readdir(github, { recursive: true })).filter((path) => path.endsWith(".yml"));
const texts = await Promise.all(files.map((file) => readFile(new URL(file, github), "utf8")));

/** The actions of others: `owner/name/path@reference # comment`. */
const uses = texts.flatMap((text) => [...text.matchAll(/\buses: ([^\s.][^\s@]*)@(.*)$/gm)]);

test("each action of others is pinned by its commit, with its version beside it, as in ci.yml", () => {
  expect(uses).not.toEqual([]);
  for (const [line, , reference] of uses) expect(reference, line).toMatch(/^[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test("an action has one version in all workflows", () => {
  const versions = new Map<string, Set<string>>();
  for (const [, path = "", reference = ""] of uses) {
    const repository = path.split("/").slice(0, 2).join("/");
    versions.set(repository, (versions.get(repository) ?? new Set()).add(reference));
  }
  for (const [repository, references] of versions) expect([...references], repository).toHaveLength(1);
});

const workflows = files.filter((file) => file.startsWith("workflows/"));

test.each(workflows)(
  "%s starts from permissions that it lists, and no checkout keeps its token",
  async (file) => {
    const workflow = parse(await readFile(new URL(file, github), "utf8"));
    expect([{}, { contents: "read" }]).toContainEqual(workflow.permissions);
    for (const [name, job] of Object.entries<Job>(workflow.jobs)) {
      const checkouts = (job.steps ?? []).filter(({ uses = "" }) => uses.startsWith("actions/checkout@"));
      for (const { with: inputs } of checkouts)
        expect(inputs, name).toMatchObject({ "persist-credentials": false });
    }
  },
);

test("a package is published with provenance, by a job that alone has the workflow's identity", async () => {
  const { jobs } = parse(await readFile(new URL("workflows/release.yml", github), "utf8"));
  const withIdentity = Object.entries<Job>(jobs).filter(
    ([, job]) => job.permissions?.["id-token"] === "write",
  );
  expect(withIdentity.map(([name]) => name)).toEqual(["publish"]);
  expect(jobs.publish.steps.at(-1)).toMatchObject({
    with: { script: "npm run release:publish" },
    env: { NPM_CONFIG_PROVENANCE: "true" },
  });
});

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly { readonly uses?: string; readonly with?: unknown }[];
}
