import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { buildPackages } from "../../../test/support/build-packages.js";
import { publishPackages } from "../../../test/support/published-packages.js";

const EXAMPLES = fileURLToPath(new URL("../..", import.meta.url));

test("the commands of the README make a project of an empty folder, and synthesise its stack", async () => {
  await buildPackages();
  const published = await publishPackages();
  onTestFinished(() => published.remove());
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-own-project-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const readme = await readFile(join(EXAMPLES, "cdk", "README.md"), "utf8");
  const [, commands = ""] = /^## In your own project\n.*?^```sh\n(.*?)^```$/ms.exec(readme) ?? [];
  expect(commands).toContain("npx cdk synth ShopPostgres");

  const environment = { ...published.environment, examples: EXAMPLES, CDK_DISABLE_CLI_TELEMETRY: "true" };
  const { stdout } = await promisify(execFile)("bash", ["-euc", commands], {
    cwd: folder,
    env: environment,
    maxBuffer: 16 * 1024 * 1024,
  });

  expect(stdout).toContain("DefaultAuthScheme: IAM_AUTH");
  const output = join(folder, "cdk", "cdk.out");
  const [asset = ""] = (await readdir(output)).filter((name) => name.startsWith("asset."));
  expect(await readFile(join(output, asset, "handler.code.cjs"), "utf8")).toContain("RDS_PROXY_ENDPOINT");
}, 600_000);
