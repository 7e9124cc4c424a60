import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { expect, inject, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const COMMAND = join(ROOT, "packages", "bundling", "src", "command", "main.ts");
const FROM_SOURCES = ["--import", "tsx", "--conditions=@rds-proxy/source"];

test("the first program of Getting started runs, and keeps its connection warm, also from its bundle", async () => {
  const page = await readFile(join(ROOT, "docs", "getting-started.md"), "utf8");
  // Inside the repository, so that imports resolve as they do for its own files.
  const folder = await mkdtemp(join(ROOT, "test", "docs", "generated-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [file, language] of Object.entries({ "handler.ts": "ts", "invoke.mjs": "js" })) {
    const code = new RegExp(`^\`${file}\`.*?^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms").exec(page)?.[1];
    await writeFile(join(folder, file), code ?? "");
  }
  const proxy = await startLocalProxy({ engine: "postgres", upstream: inject("postgres") });
  onTestFinished(() => proxy.close());

  const run = async (...args: readonly string[]): Promise<string> => {
    const options = { cwd: folder, env: { ...process.env, ...proxy.environment } };
    return (await promisify(execFile)(process.execPath, args, options)).stdout;
  };
  const answers =
    /^\{ greeting: 'hello cold', session: (\d+) \}\n\{ greeting: 'hello warm', session: \1 \}\n$/;
  expect(await run(...FROM_SOURCES, "invoke.mjs")).toMatch(answers);

  const [, flags = "", event = ""] =
    /npx @rds-proxy\/bundling (handler\.ts .*) --event '(.*)'$/m.exec(page) ?? [];
  const bundling = [...flags.split(" "), "--event", event, "--conditions", "@rds-proxy/source"];
  await run(...FROM_SOURCES, COMMAND, ...bundling);
  const invoke = await readFile(join(folder, "invoke.mjs"), "utf8");
  await writeFile(join(folder, "invoke-bundle.mjs"), invoke.replace("./handler.ts", "./dist/handler.cjs"));
  expect(await run("invoke-bundle.mjs")).toMatch(answers);

  expect(page).toMatch(
    /^\{ greeting: 'hello cold', session: (\d+) \}\n\{ greeting: 'hello warm', session: \1 \}\n/m,
  );
});
