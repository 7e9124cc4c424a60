import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv, promisify } from "node:util";
import { Signer } from "@aws-sdk/rds-signer";
import { DCLinter } from "dclint";
import { DockerfileParser, type Instruction } from "dockerfile-ast";
import { validate } from "dockerfile-utils";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { parse } from "yaml";
import rootManifest from "../../package.json" with { type: "json" };
import { freePort } from "../../packages/local-proxy/src/databases/free-port.js";
import { type ConsumerProject, createConsumerProject, packPackages } from "../support/packed-packages.js";

const { devDependencies } = rootManifest;
const run = promisify(execFile);

const image = fileURLToPath(new URL("../../packages/local-proxy/image", import.meta.url));
const dockerfileText = await readFile(join(image, "Dockerfile"), "utf8");
const dockerfile = DockerfileParser.parse(dockerfileText);
const composeFile = join(image, "compose.yaml");

/** The part of compose.yaml that is run here. */
interface Compose {
  readonly services: {
    readonly app: {
      readonly command: readonly string[];
      readonly environment: Readonly<Record<string, string>>;
    };
    readonly "local-proxy": { readonly command: readonly string[] };
  };
}
const { services }: Compose = parse(await readFile(composeFile, "utf8"));

test("the Dockerfile has no errors and no warnings", () => {
  expect(validate(dockerfileText)).toEqual([]);
});

test("compose.yaml is valid by its schema, and has no warnings", () => {
  const linter = new DCLinter({ rules: {}, quiet: false, debug: false, exclude: [] });
  expect(linter.lintFiles([composeFile], false)).toMatchObject([{ messages: [] }]);
});

/** What an instruction runs: the array at the end of its arguments. */
function arrayOf(instruction: Instruction | undefined): readonly string[] {
  const text = instruction?.getArgumentsContent() ?? "";
  return JSON.parse(text.slice(text.indexOf("[")));
}

/** The arguments of instructions without JSON, such as the sources and the target of each COPY. */
function wordsOf(keyword: string): readonly (readonly string[])[] {
  return dockerfile
    .getInstructions()
    .filter((instruction) => instruction.getKeyword() === keyword)
    .map((instruction) => instruction.getArguments().map((part) => part.getValue()));
}

/** Builds the image's folder in `target` as the Dockerfile does in its working directory. */
async function buildIn(target: string, context: string): Promise<void> {
  for (const [source = "", place = ""] of wordsOf("COPY")) {
    const isFolder = place.endsWith("/");
    await cp(join(context, source), join(target, isFolder ? join(place, basename(source)) : place), {
      recursive: true,
    });
  }
  const install = wordsOf("RUN").find(([program]) => program === "npm");
  if (install === undefined) throw new Error("the Dockerfile runs no npm");
  await run("npm", install.slice(1), { cwd: target });
}

let folder: string;
let project: ConsumerProject;
/** What is a folder, an address or a port in the containers, and what it is here. */
let places: readonly (readonly [inContainer: string, here: string])[];
let proxy: ChildProcess;

/** Replaces each place of a container, also within an argument. */
function here(args: readonly string[]): readonly string[] {
  return args.map((arg) => places.reduce((text, [from, to]) => text.replaceAll(from, to), arg));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rds-proxy-image-"));
  const [[name, tarball] = []] = await packPackages(join(folder, "tarballs"), ["local-proxy"]);
  if (name === undefined) throw new Error("nothing was packed");
  project = await createConsumerProject({
    [name]: `file:${tarball}`,
    "@aws-sdk/rds-signer": devDependencies["@aws-sdk/rds-signer"],
    pg: devDependencies.pg,
  });
  const workFolder = join(folder, "image");
  const sharedFolder = join(folder, "shared");
  await Promise.all([mkdir(workFolder), mkdir(sharedFolder)]);
  const context = join(project.folder, "node_modules", name);
  await buildIn(workFolder, context);
  await cp(join(context, "image", "app.mjs"), join(project.folder, "app.mjs"));

  const { host, port, user, password, database } = inject("postgres");
  const [proxyPort, pagePort] = await Promise.all([freePort(), freePort()]);
  places = [
    ["/opt/rds-proxy-local", workFolder],
    ["/run/rds-proxy-local", sharedFolder],
    ["0.0.0.0", "127.0.0.1"],
    [
      "postgres://app:secret@database:5432/shop",
      `postgres://${user}:${password}@${host}:${port}/${database}`,
    ],
    ["5432", String(proxyPort)],
    ["8080", String(pagePort)],
  ];
  const [program = "", ...args] = here([
    ...arrayOf(dockerfile.getENTRYPOINTs()[0]),
    ...services["local-proxy"].command,
  ]);
  expect(program).toBe("node");
  proxy = spawn(process.execPath, args, { cwd: workFolder, stdio: ["ignore", "ignore", "pipe"] });
  await untilListening(proxy);
}, 300_000);

afterAll(async () => {
  if (proxy.exitCode === null) {
    proxy.kill();
    await once(proxy, "exit");
  }
  await rm(folder, { recursive: true, force: true });
  await project.remove();
});

/** Resolves when the command says that it runs; rejects with its output when it ends. */
async function untilListening(child: ChildProcess): Promise<void> {
  let output = "";
  await new Promise<void>((resolve, reject) => {
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.includes("Press Ctrl-C to stop.")) resolve();
    });
    child.once("exit", (code) => reject(new Error(`the proxy ended with ${code}:\n${output}`)));
  });
}

test("the health check passes", async () => {
  const [program = "", ...args] = here(arrayOf(dockerfile.getHEALTHCHECKs()[0]));
  expect(program).toBe("node");
  await run(process.execPath, args);
});

test("the program of compose.yaml connects with the files that the proxy wrote", async () => {
  const { command, environment } = services.app;
  const [program = "", ...args] = here(command);
  expect(program).toBe("node");
  const set = Object.entries(environment).map(([name, value]) => [name, ...here([value])]);
  const { stdout } = await run(process.execPath, args, {
    cwd: project.folder,
    env: { ...process.env, ...Object.fromEntries(set) },
  });
  expect(stdout).toBe(`Connected through the local RDS Proxy as ${inject("postgres").user}\n`);
});

test("the certificate and the tokens have the name of the service", async () => {
  const [file = ""] = here(["/run/rds-proxy-local/proxy.env"]);
  const variables = parseEnv(await readFile(file, "utf8"));
  const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "", NODE_EXTRA_CA_CERTS = "" } = variables;
  const [, port = ""] = variables["RDS_PROXY_ENDPOINT"]?.split(":") ?? [];
  const { user, database } = inject("postgres");
  const signer = new Signer({
    hostname: "local-proxy",
    port: Number(port),
    username: user,
    region: variables["AWS_REGION"] ?? "",
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      sessionToken: variables["AWS_SESSION_TOKEN"] ?? "",
    },
  });
  const client = new pg.Client({
    host: "127.0.0.1",
    port: Number(port),
    user,
    database,
    password: await signer.getAuthToken(),
    ssl: { ca: await readFile(NODE_EXTRA_CA_CERTS, "utf8"), servername: "local-proxy" },
  });
  await client.connect();
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await client.end();
});
