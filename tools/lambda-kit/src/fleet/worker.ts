// A process full of simulated execution environments. Hundreds of real processes would measure the scheduler of one
// computer; what they do to a proxy and a database is the same from here.
import { setTimeout as delay } from "node:timers/promises";
import { lambdaContext } from "../runtime/lambda-context.js";
import type { Environment, EnvironmentModule } from "./contenders/environment.js";
import type { Load, Outcome, Report } from "./messages.js";

const REPORT_INTERVAL_MS = 100;

/** Serves a contender's module, with the number of environments and their queries' duration in the arguments. */
export function serve({ createEnvironment }: EnvironmentModule): void {
  const [, , count = "", querySeconds = ""] = process.argv;
  /** Empty before the first invocation, and after an environment was ended. */
  const environments: (Environment | undefined)[] = Array.from({ length: Number(count) });
  const unreported: Outcome[] = [];

  process.on("disconnect", () => process.exit());
  process.on("message", async (load: Load) => {
    const startedAt = performance.now();
    const reporting = setInterval(report, REPORT_INTERVAL_MS);
    await Promise.all(environments.map((_, index) => live(index, load, startedAt)));
    clearInterval(reporting);
    report();
    send({ kind: "over" });
  });
  send({ kind: "ready" });

  async function live(index: number, load: Load, startedAt: number): Promise<void> {
    const { rampMs, durationMs, pauseMs, timeoutMs } = load;
    const now = (): number => performance.now() - startedAt;
    if (rampMs > 0) await delay((rampMs * index) / environments.length);
    for (;;) {
      const invokedAtMs = now();
      const error = await invoke(index, timeoutMs);
      unreported.push({ invokedAtMs, durationMs: now() - invokedAtMs, error });
      // Callers do not keep step with one another.
      const thisPauseMs = pauseMs * (0.5 + Math.random());
      if (now() + thisPauseMs >= durationMs) return;
      await delay(thisPauseMs);
    }
  }

  /** Invokes an environment, which is a cold start where there is none, and resolves with the message of its error. */
  async function invoke(index: number, timeoutMs: number): Promise<string | undefined> {
    environments[index] ??= createEnvironment(Number(querySeconds));
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
}

function send(message: Report): void {
  process.send?.(message);
}
