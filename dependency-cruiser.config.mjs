import { Visitor } from "@swc/core/Visitor.js";

// dependency-cruiser reads TypeScript 7 by swc only, whose visitor does not know `using` declarations yet.
const { visitStatement } = Visitor.prototype;
Visitor.prototype.visitStatement = function visitStatementOrUsing(statement) {
  if (statement.type !== "UsingDeclaration") return Reflect.apply(visitStatement, this, [statement]);
  for (const { init } of statement.decls) this.visitExpression(init);
  return statement;
};

/**
 * No circles of files or folders; imports of types count. What is loaded later by `import()` does not: core loads
 * `on-demand.ts`, which is above all folders, from below.
 */
const circles = { circular: true };
const staticCircles = { ...circles, viaOnly: { dependencyTypesNot: ["dynamic-import"] } };

/** What each folder at the top may import of the others, lowest first. Without this a circle could lead through subfolders. */
const layers = [
  { folder: "packages", imports: ["packages"] },
  { folder: "tools", imports: ["packages", "tools"] },
  { folder: "demo", imports: ["packages", "tools", "demo"] },
  { folder: "bench", imports: ["packages", "tools", "bench"] },
  { folder: "test", imports: ["packages", "tools", "demo", "test"] },
  { folder: "site", imports: ["packages", "tools", "demo", "bench", "test", "site"] },
  { folder: "examples", imports: ["packages", "tools", "test", "examples"] },
];
const folders = layers.map(({ folder }) => folder);

/** @type {import("dependency-cruiser").IConfiguration} */
const config = {
  forbidden: [
    { name: "no-circle-of-files", severity: "error", from: {}, to: staticCircles },
    { name: "no-circle-of-folders", scope: "folder", severity: "error", from: {}, to: circles },
    ...layers.map(({ folder, imports }) => ({
      name: `${folder}-imports-${imports.join("-")}`,
      severity: "error",
      from: { path: `^${folder}/` },
      to: { path: folders.filter((other) => !imports.includes(other)).map((other) => `^${other}/`) },
    })),
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    // Tests beside their sources in packages may import upwards. Prisma generates a client into examples.
    exclude: { path: String.raw`(^packages/.*\.test\.ts$|/dist/|/generated/)` },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@rds-proxy/source", "import", "types", "node", "default"],
      extensions: [".ts", ".js"],
    },
  },
};

export default config;
