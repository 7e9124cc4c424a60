import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import rootManifest from "../../package.json" with { type: "json" };
import { REQUIRE_BANNER } from "../support/bundle-handler.js";
import { type ConsumerProject, createConsumerProject, packPackages } from "../support/packed-packages.js";

const { devDependencies } = rootManifest;

/** The handler of the README, and what a person does with its result. */
const HANDLER = `
import middy from "@middy/core";
import { rdsProxy } from "@rds-proxy/middleware";

export const handler = middy()
  .use(rdsProxy())
  .handler(async (_event, { db }) => (await db.query<{ one: number }>("select 1 as one")).rows);
`;
const RUN = `
import { handler } from "./handler.js";
const context = { getRemainingTimeInMillis: () => 5000 };
console.log(JSON.stringify(await Reflect.apply(handler, undefined, [{}, context])));
process.exit(0);
`;

let folder: string;
let project: ConsumerProject;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rds-proxy-packed-"));
  const tarballs = await packPackages(folder);
  const packed = ["core", "adapter-pg", "middleware", "local-proxy"].map((name) => `@rds-proxy/${name}`);
  project = await createConsumerProject({
    ...Object.fromEntries(packed.map((name) => [name, `file:${tarballs.get(name)}`])),
    "@middy/core": devDependencies["@middy/core"],
    "@types/node": devDependencies["@types/node"],
    "@types/pg": devDependencies["@types/pg"],
    pg: devDependencies.pg,
    typescript: devDependencies.typescript,
  });
  await project.write("handler.ts", HANDLER);
  await project.write("run.ts", RUN);
}, 300_000);
afterAll(async () => {
  await project.remove();
  await rm(folder, { recursive: true, force: true });
});

async function runAgainstProxy(file: string): Promise<unknown> {
  const proxy = await startLocalProxy({ engine: "postgres", upstream: inject("postgres") });
  const variables = Object.entries(proxy.environment).map(([name, value]) => `${name}=${value}`);
  try {
    return JSON.parse(await project.run("env", ...variables, process.execPath, file));
  } finally {
    await proxy.close();
  }
}

test.each(["core", "adapter-pg", "middleware", "local-proxy"])("@rds-proxy/%s imports", async (name) => {
  const script = `console.log(Object.keys(await import("@rds-proxy/${name}")).length > 0)`;
  expect(await project.run(process.execPath, "--input-type=module", "--eval", script)).toBe("true\n");
});

test("a strict project type-checks, compiles and runs", async () => {
  await project.write(
    "tsconfig.json",
    JSON.stringify({
      compilerOptions: {
        module: "NodeNext",
        target: "ES2023",
        strict: true,
        types: ["node"],
        outDir: "out",
        skipLibCheck: true,
      },
      files: ["run.ts"],
    }),
  );
  await project.run(process.execPath, join("node_modules", "typescript", "bin", "tsc"));
  expect(await runAgainstProxy("out/run.js")).toEqual([{ one: 1 }]);
});

test("esbuild bundles it without a warning, without MySQL, and the bundle runs", async () => {
  const outfile = join(project.folder, "bundle.mjs");
  const { warnings, metafile } = await build({
    entryPoints: [join(project.folder, "run.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    banner: { js: REQUIRE_BANNER },
    external: ["pg-native"],
    logLevel: "silent",
    metafile: true,
  });
  expect(warnings).toEqual([]);
  expect(Object.keys(metafile.inputs).filter((input) => input.includes("mysql"))).toEqual([]);
  expect(await runAgainstProxy(outfile)).toEqual([{ one: 1 }]);
});

test("the published files are the compiled sources, their types and the README", async () => {
  for (const name of ["core", "adapter-pg", "middleware", "local-proxy"]) {
    const manifest: unknown = JSON.parse(
      await readFile(join(project.folder, "node_modules", "@rds-proxy", name, "package.json"), "utf8"),
    );
    expect(manifest).toMatchObject({ type: "module", license: "MIT", sideEffects: false });
    await readFile(join(project.folder, "node_modules", "@rds-proxy", name, "dist", "index.d.ts"));
    await readFile(join(project.folder, "node_modules", "@rds-proxy", name, "README.md"));
  }
});
