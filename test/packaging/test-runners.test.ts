import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import rootManifest from "../../package.json" with { type: "json" };
import { type ConsumerProject, createConsumerProject, packPackages } from "../support/packed-packages.js";
import { jestVersion } from "./jest-version.js";

const { devDependencies } = rootManifest;

const page = await readFile(new URL("../../docs/testing.md", import.meta.url), "utf8");
const documentedUpstream = /^const upstream = .+$/gm;

/** The test file of the page under "With <runner>", for the server of this run. */
function documentedTest(runner: string): string {
  const [, snippet] = new RegExp(`^With ${runner}.+?^\`\`\`\\w+\\n(.+?)^\`\`\``, "ms").exec(page) ?? [];
  if (!snippet?.match(documentedUpstream)) throw new Error(`docs/testing.md has no test for ${runner}`);
  const { host, port, user, password, database } = inject("postgres");
  const upstream = JSON.stringify({ host, port, user, password, database });
  return snippet.replace(documentedUpstream, `const upstream = ${upstream};`);
}

let folder: string;
let project: ConsumerProject;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rds-proxy-runners-"));
  const tarballs = await packPackages(folder, [
    "core",
    "adapter-pg",
    "adapter-mysql2",
    "database",
    "middleware",
    "local-proxy",
  ]);
  project = await createConsumerProject({
    ...Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`])),
    "@middy/core": devDependencies["@middy/core"],
    jest: jestVersion,
    pg: devDependencies.pg,
    vitest: devDependencies.vitest,
  });
  await project.write("vitest.config.js", "export default { test: { include: ['vitest.js'] } };\n");
  await project.write(
    "jest.config.js",
    "export default { testMatch: ['<rootDir>/jest.js'], transform: {} };\n",
  );
}, 300_000);
afterAll(async () => {
  await project.remove();
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ["Vitest", "vitest.js", ["node_modules/vitest/vitest.mjs", "run", "--reporter=tap-flat"], /^ok 1 - /m],
  [
    "Jest",
    "jest.js",
    ["--experimental-vm-modules", "node_modules/jest/bin/jest.js", "--json"],
    /"numPassedTests":1,/,
  ],
  ["node:test", "node-test.js", ["--test", "--test-reporter=tap", "node-test.js"], /^# pass 1$/m],
])(
  "the documented test passes in %s, which ends by itself",
  async (runner, file, args, passed) => {
    await project.write(file, documentedTest(runner));
    // Without what an earlier proxy, a developer or the outer runner has set.
    const { NODE_EXTRA_CA_CERTS: _, NODE_TEST_CONTEXT: __, ...others } = process.env;
    const env = Object.fromEntries(
      Object.entries(others).filter(([name]) => !/^(?:AWS|RDS_PROXY|VITEST)/.test(name)),
    );
    // Rejects if the runner fails.
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: project.folder, env });
    expect(stdout).toMatch(passed);
  },
  90_000,
);
