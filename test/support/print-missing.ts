import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** What the run has no server for, one line each. */
    missing: readonly string[];
  }
}

/** Prints what is not tested, ahead of the run and after it, where it is read. */
export default function setup(project: TestProject): (() => void) | undefined {
  // The projects inherit this file.
  if (!project.isRootProject()) return undefined;
  const print = (): void => {
    for (const line of project.config.provide.missing ?? []) console.log(line);
  };
  print();
  return print;
}
