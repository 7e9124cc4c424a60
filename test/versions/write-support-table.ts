/** Renews the table of supported versions in the README. */

import { readFile, writeFile } from "node:fs/promises";
import { withSupportTable } from "./support-table.js";

const readme = new URL("../../README.md", import.meta.url);
await writeFile(readme, withSupportTable(await readFile(readme, "utf8")));
