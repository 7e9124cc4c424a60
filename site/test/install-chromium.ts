import { findProgram, installPrograms } from "../../test/support/install-programs.js";

/** Names of Chromium on Linux distributions, and of Chrome on GitHub's runners. */
const names = ["chromium", "chromium-browser", "google-chrome"];

/** The browser on the PATH. */
export function findChromium(): string | undefined {
  return names.map(findProgram).find((path) => path !== undefined);
}

/** Installs Chromium where it is missing and that is possible. */
export default async function setup(): Promise<void> {
  if (!findChromium()) await installPrograms({ chromium: "chromium" }, "npm run test:site");
}
