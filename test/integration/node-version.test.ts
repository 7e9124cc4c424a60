import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** Makes the process believe that it runs on an older Node.js. */
const OLDER = `data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.14.0" } })`;

test.each([
  ["rds-proxy-bundle", "bundling/bin.js"],
  ["rds-proxy-connect", "connect/bin.js"],
  ["rds-proxy-doctor", "doctor/src/command/bin.ts"],
  ["rds-proxy-local", "local-proxy/src/command/bin.ts"],
])("%s says which Node.js it needs", (name, file) => {
  const program = fileURLToPath(new URL(`../../packages/${file}`, import.meta.url));
  const flags = ["--conditions=@rds-proxy/source", "--import=tsx", `--import=${OLDER}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, program, "--help"], {
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: "",
    stderr: `${name}: Node.js 22.15 or later is needed, and this is ${process.version}.\n`,
  });
});
