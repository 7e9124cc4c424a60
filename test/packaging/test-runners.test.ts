import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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

/** The code of the page after a line that begins so. */
function documentedCode(lead: string): string {
  const [, snippet] = new RegExp(`^${lead}.+?^\`\`\`\\w+\\n(.+?)^\`\`\``, "ms").exec(page) ?? [];
  if (snippet === undefined) throw new Error(`docs/testing.md has no code after "${lead}"`);
  return snippet;
}

/** The same, for the server of this run. */
function documentedFile(lead: string): string {
  const code = documentedCode(lead);
  if (!code.match(documentedUpstream)) throw new Error(`The code after "${lead}" has no line for the server`);
  const { host, port, user, password, database } = inject("postgres");
  const upstream = JSON.stringify({ host, port, user, password, database });
  return code.replace(documentedUpstream, `const upstream = ${upstream};`);
}

/** The documented test without a proxy of its own: the function reads the environment. */
function testOfEnvironment(runner: string): string {
  const lines = documentedCode(`With ${runner}`).replace("proxy.connectionOptions", "").split("\n");
  return lines.filter((line) => !/startLocalProxy|upstream|\bproxy\./.test(line)).join("\n");
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

/** Runs a test runner; rejects if it fails. */
async function runTests(
  folder: string,
  args: readonly string[],
  own: NodeJS.ProcessEnv = {},
): Promise<string> {
  // Without what an earlier proxy, a developer or the outer runner has set.
  const { NODE_EXTRA_CA_CERTS: _, NODE_TEST_CONTEXT: __, ...others } = process.env;
  const env = Object.fromEntries(
    Object.entries(others).filter(([name]) => !/^(?:AWS|RDS_PROXY|VITEST)/.test(name)),
  );
  return (await promisify(execFile)(process.execPath, args, { cwd: folder, env: { ...env, ...own } })).stdout;
}

const VITEST = ["node_modules/vitest/vitest.mjs", "run", "--reporter=tap-flat"];
const JEST = ["--experimental-vm-modules", "node_modules/jest/bin/jest.js", "--json"];
const NODE_TEST = ["--test", "--test-reporter=tap"];

const PASSED = { Vitest: /^ok 1 - /m, Jest: /"numPassedTests":1,/, "node:test": /^# pass 1$/m };

test.each([
  ["Vitest", "vitest.js", VITEST],
  ["Jest", "jest.js", JEST],
  ["node:test", "node-test.js", [...NODE_TEST, "node-test.js"]],
] as const)(
  "the documented test passes in %s, which ends by itself",
  async (runner, file, args) => {
    await project.write(file, documentedFile(`With ${runner}`));
    expect(await runTests(project.folder, args)).toMatch(PASSED[runner]);
  },
  90_000,
);

/** The same arguments in a folder of the project. */
const inParent = (args: readonly string[]): string[] =>
  args.map((arg) => (arg.startsWith("node_modules") ? join("..", arg) : arg));

/** Besides the set-up: what the page has in a sentence. */
const CONFIGURATIONS = {
  Vitest: { "vitest.config.js": 'export default { test: { globalSetup: "./global-setup.js" } };' },
  Jest: {
    "jest.config.js":
      'export default { globalSetup: "./global-setup.js", globalTeardown: "./global-teardown.js", transform: {} };',
    "global-teardown.js": "export default () => globalThis.closeLocalProxy();",
  },
  "node:test": {},
};

test.each([
  ["Vitest", VITEST],
  ["Jest", JEST],
  ["node:test", [...NODE_TEST, "--test-global-setup=global-setup.js", "handler.test.js"]],
] as const)(
  "the documented global set-up serves a test in %s, which ends by itself",
  async (runner, args) => {
    const own = join(project.folder, runner.replace(":", "-"));
    await mkdir(own);
    const files = {
      "global-setup.js": documentedFile(`Global set-up of ${runner}`),
      "handler.test.js": testOfEnvironment(runner),
      ...CONFIGURATIONS[runner],
    };
    for (const [file, content] of Object.entries(files)) await writeFile(join(own, file), content);
    expect(await runTests(own, inParent(args))).toMatch(PASSED[runner]);
  },
  90_000,
);

test("the documented test with a fake db passes", async () => {
  const own = join(project.folder, "fake-db");
  await mkdir(own);
  await writeFile(join(own, "orders.test.ts"), documentedCode("Name the part of the connection"));
  await writeFile(join(own, "vitest.config.js"), "export default {};");
  const anywhere = { RDS_PROXY_ENDPOINT: "localhost", RDS_PROXY_USER: "app", AWS_REGION: "eu-west-1" };
  expect(await runTests(own, inParent(VITEST), anywhere)).toMatch(PASSED.Vitest);
}, 90_000);
