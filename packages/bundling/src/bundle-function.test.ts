import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type BundleFunctionOptions, bundleFunction } from "./bundle-function.js";

const run = promisify(execFile);

const HANDLER = `
  import { basename } from "node:path";
  import { fileURLToPath } from "node:url";
  export const region: string | undefined = process.env["AWS_REGION"];
  export const handler = async (event: { name?: string }) => {
    const { greet } = await import("./greet.ts");
    return [greet(event.name ?? "world"), basename(fileURLToPath(import.meta.url)), basename(import.meta.dirname)];
  };
`;
const GREET = `export const greet = (name: string) => "hello " + name;`;

/** Invokes a function as Lambda does, and prints its answer and whether V8 used the cache. */
const RUN = `
  const { handler } = require(process.argv[1]);
  handler({ name: "Ada" }).then((answer) =>
    console.log(JSON.stringify([answer[0], globalThis[Symbol.for("@rds-proxy/code-cache")].isUsed])));
`;

let folder: string;
let outdir: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rds-proxy-bundling-"));
  // For another user.
  await chmod(folder, 0o755);
  outdir = join(folder, "dist");
  await writeFile(join(folder, "handler.ts"), HANDLER);
  await writeFile(join(folder, "greet.ts"), GREET);
  await bundleFunction({ entry: join(folder, "handler.ts"), outdir, training: { event: "{}" } });
});
afterAll(async () => {
  await chmod(outdir, 0o755);
  await rm(folder, { recursive: true, force: true });
});

async function invoke(flags: readonly string[] = [], options: { uid?: number } = {}): Promise<unknown> {
  const args = [...flags, "--eval", RUN, join(outdir, "handler.cjs")];
  return JSON.parse((await run(process.execPath, args, { cwd: "/", env: {}, ...options })).stdout);
}

it("writes the module that Lambda loads, the bundle, and a cache for each of two sets of flags", async () => {
  expect((await readdir(outdir)).toSorted()).toEqual([
    "handler.cache",
    "handler.cjs",
    "handler.code.cjs",
    "handler.expose-gc.cache",
  ]);
});

it("exports a handler that layers for tracing can replace", async () => {
  const replace = `
    const loaded = require(process.argv[1]);
    Object.defineProperty(loaded, "handler", { value: async () => "replaced" });
    loaded.handler().then(console.log);
  `;
  const { stdout } = await run(process.execPath, ["--eval", replace, join(outdir, "handler.cjs")], {
    env: {},
  });
  expect(stdout).toBe("replaced\n");
});

it.each([[[]], [["--expose-gc", "--max-old-space-size=461", "--max-semi-space-size=25"]]])(
  "uses the cache with the flags %j",
  async (flags) => {
    expect(await invoke(flags)).toEqual(["hello Ada", true]);
  },
);

it("uses the cache as another user, from a read-only folder", async () => {
  await chmod(outdir, 0o555);
  // Only root can become another user, and only root can write to such a folder.
  const options = process.getuid?.() === 0 ? { uid: 65_534 } : {};
  expect(await invoke([], options)).toEqual(["hello Ada", true]);
  await chmod(outdir, 0o755);
});

it("compiles the bundle itself under other flags of V8", async () => {
  expect(await invoke(["--stack-trace-limit=50"])).toEqual(["hello Ada", false]);
});

it.each(["v20.0.0", "arm32"])("compiles the bundle itself after a cache written on %s", async (other) => {
  const file = join(outdir, "handler.cjs");
  const entry = await readFile(file, "utf8");
  const { version, platform, arch } = process;
  const written = `${version} ${platform} ${arch}`;
  expect(entry).toContain(written);
  const changed = other.startsWith("v") ? `${other} ${platform} ${arch}` : `${version} ${platform} ${other}`;
  await writeFile(file, entry.replace(written, changed));
  expect(await invoke()).toEqual(["hello Ada", false]);
  await writeFile(file, entry);
});

it("compiles the bundle itself without the cache, and after a cache of another V8", async () => {
  const file = join(outdir, "handler.cache");
  const cache = await readFile(file);
  await rm(file);
  expect(await invoke()).toEqual(["hello Ada", false]);
  // The version of V8: https://github.com/nodejs/node/blob/v24.x/deps/v8/src/snapshot/code-serializer.h, kVersionHashOffset
  const other = Buffer.from(cache);
  other.writeUInt8(other.readUInt8(4) ^ 1, 4);
  await writeFile(file, other);
  expect(await invoke()).toEqual(["hello Ada", false]);
  await writeFile(file, cache);
  expect(await invoke()).toEqual(["hello Ada", true]);
});

it("keeps what ES modules know of their place", async () => {
  const script = `require(process.argv[1]).handler({}).then((answer) => console.log(answer.join()))`;
  const { stdout } = await run(process.execPath, ["--eval", script, join(outdir, "handler.cjs")]);
  expect(stdout).toBe("hello world,handler.code.cjs,dist\n");
});

it("can be imported by names, as tools do that wrap a handler", async () => {
  const script = `console.log(Object.keys(await import(process.argv[1])).toSorted().join())`;
  const args = ["--input-type=module", "--eval", script, join(outdir, "handler.cjs")];
  expect((await run(process.execPath, args)).stdout).toContain("handler,module.exports,region");
});

it("gives the endpoint to a bundle that is only loaded, and stops if the bundle fails", async () => {
  const entry = join(folder, "needs-endpoint.ts");
  await writeFile(
    entry,
    `if (!process.env["RDS_PROXY_ENDPOINT"]) throw new Error("no endpoint");
     if (process.env["TABLE"] !== "orders") throw new Error("TABLE is missing");
     export const main = () => undefined;`,
  );
  const options = { entry, outdir: join(folder, "other") };
  await expect(bundleFunction({ ...options, training: { env: {} } })).rejects.toThrow("TABLE is missing");
  await expect(bundleFunction({ ...options, training: { env: { TABLE: "orders" } } })).rejects.toThrow(
    "The bundle has no function handler. It exports: main.",
  );
  await bundleFunction({ ...options, training: { env: { TABLE: "orders" }, handlerName: "main" } });
});

it("evaluates the early module first, and lets the event loop turn before each other", async () => {
  const project = join(folder, "early");
  const modules = {
    "package.json": "{}",
    "database.ts": `
      import { note } from "./notes.ts";
      note("database");
      setImmediate(() => note("first turn", () => setImmediate(() => note("second turn"))));
      export const database = "db";
    `,
    "notes.ts": `
      export const notes: string[] = [];
      export function note(text: string, then = () => {}) { notes.push(text); then(); }
    `,
    "orders.ts": `import { note } from "./notes.ts"; note("orders"); export const orders = 1;`,
    "handler.ts": `
      import { orders } from "./orders.ts";
      import { note, notes } from "./notes.ts";
      import { database } from "./database.ts";
      note("handler");
      export const handler = async () => [...notes, database, orders];
      export default 7;
    `,
  };
  await mkdir(project);
  for (const [file, code] of Object.entries(modules)) await writeFile(join(project, file), code);
  const dist = join(project, "dist");
  await bundleFunction({
    entry: join(project, "handler.ts"),
    early: join(project, "database.ts"),
    outdir: dist,
  });
  const script = `
    const { default: seven, handler } = await import(process.argv[1]);
    console.log(JSON.stringify([seven, globalThis[Symbol.for("@rds-proxy/code-cache")].isUsed, await handler()]));
  `;
  const args = ["--input-type=module", "--eval", script, join(dist, "handler.mjs")];
  const { stdout } = await run(process.execPath, args);
  // The shared module is a step as well, evaluated before; the first turn is before it.
  expect(JSON.parse(stdout)).toEqual([
    7,
    true,
    ["database", "first turn", "second turn", "orders", "handler", "db", 1],
  ]);
});

it("has no early module in ES modules", async () => {
  const options = { entry: join(folder, "handler.ts"), outdir, early: "database.ts", format: "esm" } as const;
  await expect(bundleFunction(options)).rejects.toThrow('early: expected nothing with format "esm"');
});

it("keeps the names that a late package exports", async () => {
  const name = "@aws-sdk/late-example";
  const lib = join(folder, "node_modules", name);
  await mkdir(lib, { recursive: true });
  // As a compiler of ES modules writes them, where no text shows them to Node.js.
  await writeFile(
    join(lib, "index.js"),
    `const all = { Signer: class {} }; for (const key in all) Object.defineProperty(exports, key, { enumerable: true, value: all[key] });`,
  );
  const entry = join(folder, "late.ts");
  await writeFile(entry, `export const handler = async () => typeof (await import("${name}")).Signer;`);
  const folderOfLate = join(folder, "late");
  await bundleFunction({ entry, outdir: folderOfLate, bundlesAwsSdk: true });
  expect(await readdir(folderOfLate)).toContain("late-aws-sdk-late-example.cjs");
  const script = `require(process.argv[1]).handler().then((answer) => console.log(answer))`;
  const { stdout } = await run(process.execPath, ["--eval", script, join(folderOfLate, "late.cjs")]);
  expect(stdout.trim()).toBe("function");
});

describe("packages that the bundle loads by a computed name, as Sequelize does its driver", () => {
  const LOADER = `
    const name = ["own", "driver"].join("-");
    export const handler = async () => require(name);
    export const driver = require(name);
  `;

  async function bundleLoader(options: Partial<BundleFunctionOptions> = {}) {
    const project = await mkdtemp(join(tmpdir(), "rds-proxy-bundling-"));
    onTestFinished(() => rm(project, { recursive: true, force: true }));
    await mkdir(join(project, "node_modules", "own-driver"), { recursive: true });
    await writeFile(join(project, "node_modules", "own-driver", "index.js"), "module.exports = 1;");
    await writeFile(join(project, "loader.js"), LOADER);
    return bundleFunction({ entry: join(project, "loader.js"), outdir: join(project, "dist"), ...options });
  }

  it("are missing where only its folder is deployed", async () => {
    expect(await bundleLoader()).toEqual({ missing: ["own-driver"] });
  });

  it("are found beside what the handler prints", async () => {
    const printing = `console.log("[]"); process.stdout.write("no line"); export const handler = async () => {};`;
    const entry = join(folder, "printing.js");
    await writeFile(entry, printing);
    expect(await bundleFunction({ entry, outdir: join(folder, "printed") })).toEqual({ missing: [] });
  });

  it.each(["own-driver", "own-*"])("are expected elsewhere if %s is external", async (external) => {
    expect(await bundleLoader({ external: [external] })).toEqual({ missing: [] });
  });
});
