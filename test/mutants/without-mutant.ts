import { beforeAll, inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** The name of the global object by which Stryker switches mutants. */
    globalNamespace: string;
  }
}

const stryker = Reflect.get(globalThis, inject("globalNamespace"));
const switchOff = (): void => {
  stryker.activeMutant = undefined;
};
// For mutants of what a module does when it is loaded, then for others: after Stryker's own set-up, which does the opposite.
switchOff();
beforeAll(switchOff);
