#!/usr/bin/env node
// Not compiled: npm links a workspace's commands when it installs, before anything is built.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(
    `rds-proxy-bundle: Node.js 22.15 or later is needed, and this is ${process.version}.\n`,
  );
  process.exitCode = 2;
} else await import("./dist/command/main.js");
