/** Writes `repository`, `homepage` and `bugs` of each package, after the root's `repository` has changed. */

import { readdir, readFile, writeFile } from "node:fs/promises";
import { repositoryFields } from "./repository-fields.js";

const packages = new URL("../../packages/", import.meta.url);
for (const folder of await readdir(packages)) {
  const file = new URL(`${folder}/package.json`, packages);
  const manifest: unknown = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, `${JSON.stringify({ ...Object(manifest), ...repositoryFields(folder) }, null, 2)}\n`);
}
