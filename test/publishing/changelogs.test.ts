import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

test("a release gives all packages one version, and each package a changelog with its own changes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-release-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { stdout } = await run("git", ["ls-files", "*package.json", "package-lock.json", ".changeset"], {
    cwd: ROOT,
  });
  for (const file of stdout.trimEnd().split("\n")) await cp(join(ROOT, file), join(folder, file));
  await writeFile(
    join(folder, ".changeset", "test.md"),
    '---\n"@rds-proxy/core": minor\n---\n\nA change of core.\n',
  );
  // The changelogs name commits.
  for (const args of [
    ["init", "--quiet"],
    ["add", "."],
    ["-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "--message", "t"],
  ]) {
    await run("git", args, { cwd: folder });
  }

  await run(process.execPath, [join(ROOT, "node_modules", "@changesets", "cli", "bin.js"), "version"], {
    cwd: folder,
  });

  const { version } = JSON.parse(await readFile(join(folder, "packages", "core", "package.json"), "utf8"));
  const names = [...new Set(stdout.match(/(?<=^packages\/)[^/]+(?=\/package\.json$)/gm))];
  expect(names).toContain("middleware");
  for (const name of names) {
    const changelog = await readFile(join(folder, "packages", name, "CHANGELOG.md"), "utf8");
    expect(changelog, name).toMatch(
      new RegExp(`^# @rds-proxy/${name}\n\n## ${version.replaceAll(".", "\\.")}\n`),
    );
    expect(changelog.includes("A change of core."), name).toBe(name === "core");
  }
});
