// A process full of simulated execution environments. Hundreds of real processes would measure the scheduler of one
// computer; what they do to a proxy and a database is the same from here.
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { shiftClock } from "../../test/support/shifted-clock.js";
import { lambdaContext } from "../environments/lambda-context.js";
import type { Environment, EnvironmentModule } from "./environments/environment.js";
import type { Outcome, Report, Surge } from "./messages.js";

const reportEveryMs = 100;

const [, , environmentFile = "", count = ""] = process.argv;
// Before the module is loaded, which may keep a reference to Date.now.
let clockOffsetMs = 0;
shiftClock(() => clockOffsetMs);
const { createEnvironment }: EnvironmentModule = await import(pathToFileURL(environmentFile).href);

/** Empty where there is no environment yet, or none any more. */
const environments: (Environment | undefined)[] = Array.from({ length: Number(count) });
const unreported: Outcome[] = [];

process.on("disconnect", () => process.exit());
process.on("message", async (surge: Surge) => {
  clockOffsetMs = surge.clockOffsetMs;
  const end = performance.now() + surge.lastsMs;
  const reporting = setInterval(report, reportEveryMs);
  await Promise.all(environments.map((_, index) => live(index, surge, end)));
  clearInterval(reporting);
  report();
  send({ kind: "over" });
});
send({ kind: "ready" });

async function live(index: number, { pauseMs, timeoutMs }: Surge, end: number): Promise<void> {
  for (;;) {
    const invokedAt = performance.now();
    const error = await invoke(index, timeoutMs);
    unreported.push({ durationMs: performance.now() - invokedAt, error });
    // Callers do not keep step with one another.
    const thisPauseMs = pauseMs * (0.5 + Math.random());
    if (performance.now() + thisPauseMs >= end) return;
    await delay(thisPauseMs);
  }
}

/** Invokes an environment, which is a cold start where there is none, and tells why that failed, if it did. */
async function invoke(index: number, timeoutMs: number): Promise<string | undefined> {
  environments[index] ??= createEnvironment();
  const environment = environments[index];
  const answered = new AbortController();
  const timedOut = delay(
    timeoutMs,
    `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
    answered,
  );
  try {
    const answer = environment.invoke(lambdaContext(timeoutMs)).then(() => undefined);
    const error = await Promise.race([answer, timedOut]);
    if (error !== undefined) {
      // Lambda ends the process, and starts another one for the next invocation.
      environments[index] = undefined;
      answer.catch(() => undefined);
      environment.stop().catch(() => undefined);
    }
    return error;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    timedOut.catch(() => undefined);
    answered.abort();
  }
}

function report(): void {
  if (unreported.length > 0) send({ kind: "outcomes", outcomes: unreported.splice(0) });
}

function send(message: Report): void {
  process.send?.(message);
}
