import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { runCommand } from "./run-command.js";

it("warns of a package that is missing where only the folder is deployed", async () => {
  const project = await mkdtemp(join(tmpdir(), "rds-proxy-bundling-"));
  onTestFinished(() => rm(project, { recursive: true, force: true }));
  await mkdir(join(project, "node_modules", "own-driver"), { recursive: true });
  await writeFile(join(project, "node_modules", "own-driver", "index.js"), "");
  const entry = join(project, "loader.js");
  await writeFile(entry, `require(["own", "driver"].join("-")); exports.handler = () => {};`);
  const written: string[] = [];
  const told: string[] = [];
  const output = { write: (text: string) => written.push(text), tell: (text: string) => told.push(text) };
  expect(await runCommand([entry, "--outdir", join(project, "dist")], output)).toBe(0);
  expect(written.join("")).toContain("The code cache is for Node.js");
  expect(told.join("")).toMatch(/^The bundle loads own-driver from node_modules, by a computed name/);

  told.length = 0;
  expect(
    await runCommand([entry, "--outdir", join(project, "dist"), "--external", "own-driver"], output),
  ).toBe(0);
  expect(told).toEqual([]);
});
