import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { expect, inject, onTestFinished, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("the first program of Getting started runs, and keeps its connection warm", async () => {
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

  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", "--conditions=@rds-proxy/source", "invoke.mjs"],
    { cwd: folder, env: { ...process.env, ...proxy.environment } },
  );

  expect(stdout).toMatch(
    /^\{ greeting: 'hello cold', session: (\d+) \}\n\{ greeting: 'hello warm', session: \1 \}\n$/,
  );
  expect(page).toMatch(
    /^\{ greeting: 'hello cold', session: (\d+) \}\n\{ greeting: 'hello warm', session: \1 \}\n/m,
  );
});
