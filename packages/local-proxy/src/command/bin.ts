#!/usr/bin/env node
// Imports nothing at first: older versions of Node.js fail at the imports of the rest.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(
    `rds-proxy-local: Node.js 22.15 or later is needed, and this is ${process.version}.\n`,
  );
  process.exitCode = 2;
} else await import("./main.js");

export {};
