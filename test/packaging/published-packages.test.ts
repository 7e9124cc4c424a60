import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type PublishedPackages, publishPackages } from "../support/published-packages.js";

const root = new URL("../../", import.meta.url);
const readme = await readFile(new URL("README.md", root), "utf8");

let published: PublishedPackages;
beforeAll(async () => {
  published = await publishPackages();
}, 300_000);
afterAll(() => published.remove());

/** Runs a command of the documentation in a folder, as its users type it. */
async function type(command: string, cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)("bash", ["-c", command], { cwd, env: published.environment });
  return stdout;
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-empty-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("npm publishes every package, and has nothing to correct in its package.json", () => {
  for (const [name, version] of Object.entries(published.versions)) {
    expect(published.output).toContain(`+ ${name}@${version}\n`);
  }
  expect(published.output).not.toContain("auto-corrected");
});

test("the commands under Install in the README install what its handlers import", async () => {
  const folder = await emptyFolder();
  const [, section = ""] = /^## Install\n(.*?)^## /ms.exec(readme) ?? [];
  const commands = [...section.matchAll(/^npm install .*$/gm)].map(([command]) => command);
  expect(commands).toContain("npm install @rds-proxy/middleware @middy/core pg");
  for (const command of commands) await type(command, folder);
  for (const entry of ["middleware", "middleware/mysql"]) {
    const script = `import("@rds-proxy/${entry}").then(({ rdsProxy }) => console.log(typeof rdsProxy))`;
    expect(await type(`node --eval '${script}'`, folder), entry).toBe("function\n");
  }
  // It exits with 1 for a package that is missing or of a wrong version.
  await type("npm ls --all", folder);
}, 240_000);

test.each([
  ["npx --yes @rds-proxy/local-proxy --help", "Usage: rds-proxy-local"],
  ["npx --yes -p @rds-proxy/doctor -p pg rds-proxy-doctor --help", "Usage: rds-proxy-doctor"],
])(
  "%s runs where nothing is installed",
  async (command, usage) => {
    expect(await type(command, await emptyFolder())).toContain(usage);
  },
  240_000,
);

describe("each npx command of the documentation", () => {
  test("names a package, and not its command, which npm would look for as a package", async () => {
    const unscoped = (await documentation()).flatMap(
      (text) => text.match(/npx (?:--yes )?rds-proxy-[\w-]*/g) ?? [],
    );
    expect(unscoped).toEqual([]);
  });

  test("names a package with one command, or the command of a package", async () => {
    const texts = await documentation();
    const plain = new Set(
      texts.flatMap((text) =>
        [...text.matchAll(/npx (?:--yes )?@rds-proxy\/([\w-]+)/g)].map(([, folder = ""]) => folder),
      ),
    );
    expect(plain).toContain("local-proxy");
    for (const folder of plain) expect(await commandsOf(folder), folder).toHaveLength(1);

    const named = texts.flatMap((text) => [
      ...text.matchAll(/npx -p @rds-proxy\/([\w-]+)(?: -p \S+)* (rds-[\w-]+)/g),
    ]);
    expect(named).not.toEqual([]);
    for (const [line, folder = "", command] of named)
      expect(await commandsOf(folder), line).toContain(command);
  });
});

/** The pages of the repository, and the sources, whose messages name commands. */
async function documentation(): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(
    "git",
    ["ls-files", "*.md", "packages/*.ts", "examples/*.ts"],
    { cwd: root },
  );
  return Promise.all(
    stdout
      .trimEnd()
      .split("\n")
      .map((path) => readFile(new URL(path, root), "utf8")),
  );
}

async function commandsOf(folder: string): Promise<readonly string[]> {
  expect(await readdir(new URL("packages/", root))).toContain(folder);
  const { bin = {} }: { bin?: object } = JSON.parse(
    await readFile(new URL(`packages/${folder}/package.json`, root), "utf8"),
  );
  return Object.keys(bin);
}
