import { setTimeout as delay } from "node:timers/promises";
import type { MeasuredEnvironment } from "../processes/measured-environment.js";
import type { Side } from "../side.js";

/** The result of a thaw with a dead connection. */
export interface Thaw {
  /** From the thaw to the first successful invocation, failed ones included. */
  readonly durationMs: number;
  /** The errors of the invocations before it. */
  readonly failures: readonly string[];
}

/** Long enough for a FIN to wait in the frozen process's socket. */
const freezeMs = 50;

/** A contender that still fails after these does not recover. */
const mostInvocations = 5;

/** Freezes the environment, ends its connection, and thaws it with an invocation. */
export async function thaw(side: Side): Promise<Thaw> {
  let environment = await side.startEnvironment(await side.variables());
  try {
    await environment.invoke();
    environment.freeze();
    side.proxy.faults.killConnections("fin");
    await delay(freezeMs);

    const variables = await side.variables();
    const failures: string[] = [];
    const startedAt = performance.now();
    for (;;) {
      try {
        if (failures.length === 0) await environment.invokeWhileFrozen();
        else environment = await invokeAgain(side, environment, variables);
        return { durationMs: performance.now() - startedAt, failures };
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
        if (failures.length === mostInvocations) throw error;
      }
    }
  } finally {
    await environment.stop();
  }
}

/** Where the process has ended, Lambda starts a new one. */
async function invokeAgain(
  side: Side,
  environment: MeasuredEnvironment,
  variables: Readonly<Record<string, string>>,
): Promise<MeasuredEnvironment> {
  const next = environment.isRunning ? environment : await side.startEnvironment(variables);
  await next.invoke();
  return next;
}
