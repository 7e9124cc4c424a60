import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** After this a program is killed. */
const RUN_TIMEOUT_MS = 4 * 60_000;

/** A project outside the repository into which the packages were installed as npm would. */
export interface ConsumerProject {
  readonly folder: string;
  write(file: string, content: string): Promise<string>;
  /** Runs a program in the project; rejects with its output when it fails. */
  run(program: string, ...args: string[]): Promise<string>;
  remove(): Promise<void>;
}

/** Packs the packages of these names, or all, as they were built and would be published. */
export async function packPackages(
  folder: string,
  names?: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  await mkdir(folder, { recursive: true });
  const tarballs = new Map<string, string>();
  for (const name of names ?? (await readdir(join(ROOT, "packages")))) {
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], {
      cwd: join(ROOT, "packages", name),
    });
    const report: unknown = JSON.parse(stdout);
    tarballs.set(`@rds-proxy/${name}`, join(folder, filenameIn(report)));
  }
  return tarballs;
}

/** npm reports an array up to version 11 and an object by package name from then on. */
function filenameIn(report: unknown): string {
  const [first]: unknown[] = Array.isArray(report) ? report : Object.values(Object(report));
  const filename: unknown = Reflect.get(Object(first), "filename");
  if (typeof filename !== "string")
    throw new Error(`npm pack reported no file name: ${JSON.stringify(report)}`);
  return filename;
}

/**
 * Installs packed packages and others from the registry into an empty project.
 *
 * @param base a project that has some of them already, which is quicker. Default: none
 * @param environment of npm and of all programs. Default: that of this process
 */
export async function createConsumerProject(
  dependencies: Readonly<Record<string, string>>,
  base?: ConsumerProject,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ConsumerProject> {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-consumer-"));
  if (base !== undefined) await cp(base.folder, folder, { recursive: true, verbatimSymlinks: true });
  const write = async (file: string, content: string): Promise<string> => {
    await writeFile(join(folder, file), content);
    return join(folder, file);
  };
  await write(
    "package.json",
    JSON.stringify({ name: "consumer", private: true, type: "module", dependencies }),
  );
  const project: ConsumerProject = {
    folder,
    write,
    async run(program, ...args) {
      try {
        return (await run(program, args, { cwd: folder, env: environment, timeout: RUN_TIMEOUT_MS })).stdout;
      } catch (error) {
        // Compilers report on their standard output, which the error's message leaves out.
        throw new Error(`${program} ${args.join(" ")} failed:\n${Reflect.get(Object(error), "stdout")}`, {
          cause: error,
        });
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  await project.run("npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts");
  return project;
}
