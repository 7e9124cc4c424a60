import { join, parse } from "node:path";
import { fileURLToPath } from "node:url";
import { eagerOutputs, programOptions } from "@rds-proxy/lambda-kit/bundling";
import { build, type Metafile, type Plugin } from "esbuild";

/** A handler as one deploys it. */
export interface Bundle {
  readonly file: string;
  /** Bytes of the entry and of what it imports statically: read, parsed and run in each cold start. */
  readonly eagerBytes: number;
  /** The number of these files. */
  readonly eagerFiles: number;
  /** Bytes of all files, dynamically imported ones included. */
  readonly totalBytes: number;
}

/** Dependencies of those plugins of AWS's wrapper that are not used here. */
const unusedDependencies: readonly string[] = [
  "@aws-sdk/client-rds",
  "@aws-sdk/client-secrets-manager",
  "@aws-sdk/client-sts",
  "@opentelemetry/*",
  "aws-xray-sdk",
  "axios",
  "axios-cookiejar-support",
  "entities",
  "http-cookie-agent",
  "tough-cookie",
];

const repository = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Bundles one handler into a folder of its own, in the same way as all others.
 *
 * @param isReadable for profiles: not minified, with a source map. Default: false
 */
export async function bundle(
  source: URL,
  outdir: string,
  { isSplit = true, isReadable = false }: { isSplit?: boolean; isReadable?: boolean } = {},
): Promise<Bundle> {
  const { metafile } = await build({
    ...programOptions,
    entryPoints: [fileURLToPath(source)],
    outdir,
    outExtension: { ".js": ".mjs" },
    absWorkingDir: outdir,
    splitting: isSplit,
    minify: !isReadable,
    sourcemap: isReadable ? "linked" : false,
    external: [...programOptions.external, ...unusedDependencies],
    plugins: [onePackageForAll],
    metafile: true,
  });
  const entry = `${parse(fileURLToPath(source)).name}.mjs`;
  return { file: join(outdir, entry), ...bytesOf(metafile, entry) };
}

const sharedPackages =
  /^(?:pg|mysql2|kysely|sequelize|@middy\/core|@aws-sdk\/(?:rds-signer|credential-providers))(?:\/|$)/;

/** Resolves drivers, ORMs and signer to the versions that the packages are tested with, for every contender. */
export const onePackageForAll: Plugin = {
  name: "one-package-for-all",
  setup({ onResolve, resolve }) {
    onResolve({ filter: sharedPackages }, ({ path, kind, pluginData }) =>
      pluginData === onePackageForAll
        ? undefined
        : resolve(path, { kind, resolveDir: repository, pluginData: onePackageForAll }),
    );
  },
};

function bytesOf({ outputs }: Metafile, entry: string): Omit<Bundle, "file"> {
  const bytes = (paths: Iterable<string>): number =>
    [...paths].reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0);
  const eager = eagerOutputs(outputs, entry);
  return { eagerBytes: bytes(eager), eagerFiles: eager.size, totalBytes: bytes(Object.keys(outputs)) };
}
