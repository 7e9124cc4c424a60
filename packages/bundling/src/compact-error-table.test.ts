import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, it, onTestFinished } from "vitest";
import { compactErrorTable } from "./compact-error-table.js";

const { resolve } = createRequire(import.meta.url);

it.each(["mysql2", "mysql2-3.15", "mysql2-before-clear-password"])(
  "has every name and number of %s's table, in less than half of the text",
  async (driver) => {
    const file = join(resolve(`${driver}/package.json`), "..", "lib", "constants", "errors.js");
    const compact = compactErrorTable(file);
    const sizeOf = async (contents: string): Promise<number> => {
      const { outputFiles } = await build({
        stdin: { contents, resolveDir: import.meta.dirname },
        bundle: true,
        minify: true,
        platform: "node",
        write: false,
      });
      return outputFiles[0]?.contents.length ?? 0;
    };
    expect(await sizeOf(compact ?? "")).toBeLessThan(
      (await sizeOf(`module.exports = require(${JSON.stringify(file)})`)) / 2,
    );

    const folder = await mkdtemp(join(tmpdir(), "rds-proxy-bundling-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const outfile = join(folder, "errors.cjs");
    await build({
      stdin: { contents: compact ?? "", resolveDir: import.meta.dirname },
      bundle: true,
      platform: "node",
      format: "cjs",
      outfile,
    });
    const { require: load } = { require: createRequire(outfile) };
    const table = load(outfile);
    expect({ ...table }).toEqual({ ...load(file) });
    expect([table[1045], table.ER_ACCESS_DENIED_ERROR, table[1], "ER_NONE" in table]).toEqual([
      "ER_ACCESS_DENIED_ERROR",
      1045,
      load(file)[1],
      false,
    ]);
  },
);

it("leaves a table of another form alone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-bundling-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "errors.cjs");
  await writeFile(file, 'module.exports = { 7: "ER_A", ER_A: 7, EXTRA: true };');
  expect(compactErrorTable(file)).toBeUndefined();
});
