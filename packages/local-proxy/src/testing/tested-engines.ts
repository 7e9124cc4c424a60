import { describe, inject, type TestFunction, test } from "vitest";
import type { LocalProxyOptions } from "../index.js";

type Engine = LocalProxyOptions["engine"];

declare module "vitest" {
  interface ProvidedContext {
    /** The engines that the Vitest project has a server of. A file that uses several runs once in the project of each. */
    engines: readonly Engine[];
  }
}

/** The engines whose tests run in this Vitest project. */
export const testedEngines: readonly Engine[] = inject("engines");

/** A group of tests for the projects with a server of this engine. */
export function describeOn(engine: Engine, name: string, register: () => void): void {
  if (testedEngines.includes(engine)) describe(name, register);
}

/** A test for the projects with a server of this engine. */
export function testOn(engine: Engine, name: string, run: TestFunction, timeoutMs?: number): void {
  if (testedEngines.includes(engine)) test(name, run, timeoutMs);
}

/** Those of the cases that are for an engine which this project has a server of. */
export function onTestedEngines<Case extends { readonly engine: Engine }>(
  cases: readonly Case[],
): readonly Case[] {
  return cases.filter(({ engine }) => testedEngines.includes(engine));
}
