import { readFile, writeFile } from "node:fs/promises";
import { withDrawing } from "./draw-machine.js";
import { slotMachine } from "./slot-machine.js";

// npm run docs:model
const file = new URL("../../docs/architecture.md", import.meta.url);
await writeFile(file, withDrawing(await readFile(file, "utf8"), slotMachine));
