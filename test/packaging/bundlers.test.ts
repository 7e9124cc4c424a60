import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import webpack from "webpack";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BIN = join(ROOT, "node_modules", ".bin");
const run = promisify(execFile);

/** They answer with text from the server, which is in another character set if the event names one. */
const HANDLERS = {
  postgres: `
    import middy from "@middy/core";
    import { database } from "./database.js";
    export const handler = middy().use(database)
      .handler(async (_event, { db }) => (await db.query("select $1::text as text", ["zażółć 😀"])).rows[0].text);
  `,
  mysql: `
    import middy from "@middy/core";
    import { database } from "./database.js";
    export const handler = middy().use(database)
      .handler(async ({ charset }, { db }) => {
        if (!charset) return (await db.query("select ? as text", ["zażółć 😀"]))[0][0].text;
        await db.query("set names " + charset);
        return (await db.query("select _utf8mb4 0x" + Buffer.from("zażółć").toString("hex") + " as text"))[0][0].text;
      });
  `,
};

const ENTRIES = { postgres: "@rds-proxy/middleware", mysql: "@rds-proxy/middleware/mysql" };

/** Loads a bundle as Lambda does, invokes it with the event of the arguments, and ends by itself. Prints the text or the error. */
const RUN = `
  import { readdirSync } from "node:fs";
  const file = readdirSync("dist").find((name) => /^handler\\.[cm]js$/.test(name));
  const { handler } = await import("./dist/" + file);
  const event = JSON.parse(process.argv[2]);
  const answer = await handler(event, { getRemainingTimeInMillis: () => 10_000 }).catch((error) => error.code + ": " + error.message);
  console.log(JSON.stringify(answer));
`;

interface Documented {
  readonly page: string;
  readonly title: string;
  /** A command for a shell. */
  readonly command?: string;
  /** A configuration and its file name. */
  readonly file?: string;
  readonly code?: string;
}

/** The ways to bundle on a page, by the heading above each. */
function documentedOn(page: string, isBundling: (title: string) => boolean): readonly Documented[] {
  const sections = readFileSync(join(ROOT, page), "utf8").split(/^## /m).slice(1);
  return sections.flatMap((section): Documented[] => {
    const title = section.split("\n", 1)[0] ?? "";
    if (!isBundling(title)) return [];
    const [, command] = /^```sh\n(.*?)^```$/ms.exec(section) ?? [];
    if (command !== undefined) return [{ page, title, command }];
    const [, file, code] = /^`([\w.]+)`:\n\n```js\n(.*?)^```$/ms.exec(section) ?? [];
    return file !== undefined && code !== undefined ? [{ page, title, file, code }] : [];
  });
}

const ways = [
  ...documentedOn("docs/bundling.md", () => true),
  ...documentedOn("packages/middleware/README.md", (title) => title === "Bundling"),
];

test("the documentation shows how to bundle with each bundler", () => {
  expect(ways.map(({ title }) => title)).toEqual([
    "One command",
    "One command, ES modules",
    "The connection first",
    "esbuild, the plugin",
    "esbuild, ES modules in several files",
    "esbuild, one ES module",
    "esbuild, CommonJS",
    "Serverless Framework",
    "SST",
    "webpack",
    "rollup",
    "rolldown",
    "tsup",
    "Bundling",
  ]);
});

describe.each(["postgres", "mysql"] as const)("a handler of %s", (engine) => {
  let environment: NodeJS.ProcessEnv;
  beforeAll(async () => {
    const proxy = await startLocalProxy({ engine, upstream: inject(engine) });
    afterAll(() => proxy.close());
    environment = { ...process.env, ...proxy.environment, PATH: `${BIN}:${process.env["PATH"]}` };
  }, 300_000);

  test.each(ways)(
    "runs when it is bundled as $page says under $title",
    async ({ page, command, file, code }) => {
      // Inside the repository, so that imports resolve as they do for its own files.
      const folder = await mkdtemp(join(ROOT, "test", "packaging", "generated-"));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      await mkdir(join(folder, "dist"));
      await writeFile(join(folder, "package.json"), '{ "type": "module" }');
      await writeFile(join(folder, "handler.js"), HANDLERS[engine]);
      await writeFile(
        join(folder, "database.js"),
        `import { rdsProxy } from "${ENTRIES[engine]}"; export const database = rdsProxy();`,
      );
      await writeFile(join(folder, "run.js"), RUN);
      if (file !== undefined && code !== undefined) await writeFile(join(folder, file), code);

      if (command !== undefined) await run("sh", ["-c", command], { cwd: folder, env: environment });
      else if (file === "webpack.config.js") await runWebpack(folder);
      else if (file === "esbuild.config.js") await runServerless(folder);
      else if (file === "plugins.mjs") await runSst(folder);
      else if (file === "build.js") await run(process.execPath, [file], { cwd: folder, env: environment });
      else
        await run(file?.split(".", 1)[0] ?? "", file === "tsup.config.js" ? [] : ["-c"], {
          cwd: folder,
          env: environment,
        });

      const invoke = async (event: unknown): Promise<unknown> => {
        const args = ["run.js", JSON.stringify(event)];
        const { stdout } = await run(process.execPath, args, { cwd: folder, env: environment });
        return JSON.parse(stdout);
      };
      expect(await invoke({})).toBe("zażółć 😀");
      if (engine === "postgres") return;
      expect(await invoke({ charset: "utf8mb3" })).toBe("zażółć");
      const inLatin2 = await invoke({ charset: "latin2" });
      if (page === "docs/bundling.md") {
        expect(inLatin2).toMatch(
          /^RDS_PROXY_UNSUPPORTED: This bundle has no table for the character set latin2/,
        );
      } else expect(inLatin2).toBe("zażółć");
    },
    120_000,
  );
});

/** webpack's command is a package of its own, which does only this. */
async function runWebpack(folder: string): Promise<void> {
  const { default: config }: { default: webpack.Configuration } = await import(
    pathToFileURL(join(folder, "webpack.config.js")).href
  );
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    webpack({ ...config, context: folder }, (error, result) => (error ? reject(error) : resolve(result)));
  });
  expect(stats?.hasErrors(), stats?.toString("errors-only")).toBe(false);
}

/** What Serverless Framework 4 adds to the options of the file, as its guide `building` says. */
async function runServerless(folder: string): Promise<void> {
  const { default: configure }: { default: () => BuildOptions } = await import(
    pathToFileURL(join(folder, "esbuild.config.js")).href
  );
  await build({ ...OF_FRAMEWORKS, absWorkingDir: folder, ...configure() });
}

/** What SST 3 builds with `splitting: true`: `pkg/runtime/node/build.go` of its repository. */
async function runSst(folder: string): Promise<void> {
  const { default: plugins }: { default: Plugin[] } = await import(
    pathToFileURL(join(folder, "plugins.mjs")).href
  );
  await build({
    ...OF_FRAMEWORKS,
    absWorkingDir: folder,
    format: "esm",
    splitting: true,
    keepNames: true,
    mainFields: ["module", "main"],
    outExtension: { ".js": ".mjs" },
    external: ["sharp", "pg-native"],
    banner: {
      js: "import { createRequire as topLevelCreateRequire } from 'module'; const require = topLevelCreateRequire(import.meta.url);",
    },
    plugins,
  });
}

const OF_FRAMEWORKS = {
  entryPoints: ["handler.js"],
  bundle: true,
  platform: "node",
  outdir: "dist",
} satisfies BuildOptions;
