import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Converter, ReflectionKind } from "typedoc";

const packages = join(import.meta.dirname, "..", "..", "packages");

/** What users import, by the source file that it is made from: as each package's `exports` have it. */
const specifiers = new Map(
  readdirSync(packages).flatMap((folder) => {
    const { name, exports } = JSON.parse(readFileSync(join(packages, folder, "package.json"), "utf8"));
    return Object.entries(exports)
      .filter(([, { "@rds-proxy/source": source }]) => source)
      .map(([entry, { "@rds-proxy/source": source }]) => [join(packages, folder, source), join(name, entry)]);
  }),
);

/** TypeDoc calls modules by their files. */
function nameBySpecifier({ converter }) {
  converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      const file = project.getSymbolIdFromReflection(module)?.fileName;
      module.name = specifiers.get(file) ?? module.name;
    }
  });
}

export default {
  name: "@rds-proxy",
  readme: "none",
  entryPoints: [...specifiers.keys()],
  tsconfig: "../../tsconfig.tools.json",
  // Types are checked by the version that the packages are written for.
  skipErrorChecking: true,
  plugin: ["typedoc-plugin-markdown", nameBySpecifier],
  router: "module",
  out: "pages",
  disableSources: true,
  excludeExternals: true,
  // Entries that only the packages of this repository may use.
  excludeInternal: true,
  // Two names may make one anchor, which is numbered then.
  useHTMLAnchors: true,
  interfacePropertiesFormat: "table",
  parametersFormat: "table",
  // A link in a comment that leads nowhere.
  treatWarningsAsErrors: true,
};
