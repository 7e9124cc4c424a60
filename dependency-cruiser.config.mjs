/**
 * No circles of files or folders in packages; imports of types count. What is loaded later by `import()` does not: core loads
 * `on-demand.ts`, which is above all folders, from below.
 */
const circles = { circular: true };
const staticCircles = { ...circles, viaOnly: { dependencyTypesNot: ["dynamic-import"] } };

/** @type {import("dependency-cruiser").IConfiguration} */
const config = {
  forbidden: [
    { name: "no-circle-of-files", severity: "error", from: {}, to: staticCircles },
    { name: "no-circle-of-folders", scope: "folder", severity: "error", from: {}, to: circles },
  ],
  options: {
    // dependency-cruiser reads TypeScript 7 by swc only.
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: String.raw`(\.test\.ts$|/dist/)` },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@rds-proxy/source", "import", "types", "node", "default"],
      extensions: [".ts", ".js"],
    },
  },
};

export default config;
