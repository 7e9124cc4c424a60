import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Outcome, Report, Surge } from "./messages.js";

/** Processes that share the environments: as many as leave something of a small computer to the proxy and the server. */
const workers = 2;

/** What a fleet is made from. */
export interface FleetOptions {
  readonly workerFile: string;
  readonly environmentFile: string;
  readonly environments: number;
  /** All of the processes' environment variables: nothing of this computer's gets in. */
  readonly variables: Readonly<Record<string, string>>;
  readonly onOutcomes: (outcomes: readonly Outcome[]) => void;
}

/** All execution environments of one function. */
export class Fleet {
  readonly #processes: readonly ChildProcess[];
  readonly #onOutcomes: FleetOptions["onOutcomes"];

  /** Starts the processes. No environment exists before the first surge. */
  static async start(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(options);
    try {
      await fleet.#each((child) => fleet.#until("ready", child));
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  private constructor({ workerFile, environmentFile, environments, variables, onOutcomes }: FleetOptions) {
    const count = Math.min(workers, environments);
    this.#onOutcomes = onOutcomes;
    this.#processes = Array.from({ length: count }, (_, index) =>
      fork(workerFile, [environmentFile, String(Math.floor((environments + index) / count))], {
        env: { ...variables },
        // Not ours: the demo itself runs with a loader for TypeScript.
        execArgv: [],
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      }),
    );
  }

  /** Invokes all at once and again and again; resolves when the last invocation has ended. */
  async surge(surge: Surge): Promise<void> {
    await this.#each(async (child) => {
      const over = this.#until("over", child);
      child.send(surge);
      await over;
    });
  }

  /** Stops the processes where they are, as Lambda does between invocations. */
  freeze(): void {
    for (const child of this.#processes) child.kill("SIGSTOP");
  }

  thaw(): void {
    for (const child of this.#processes) child.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    await this.#each(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    });
  }

  async #each(act: (child: ChildProcess) => Promise<void>): Promise<void> {
    await Promise.all(this.#processes.map(act));
  }

  #until(kind: Report["kind"], child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        child.off("message", onReport).off("exit", onExit);
        act();
      };
      const onReport = (report: Report): void => {
        if (report.kind === "outcomes") this.#onOutcomes(report.outcomes);
        if (report.kind === kind) settle(resolve);
      };
      const onExit = (code: number | null, signal: string | null): void => {
        const cause = signal ?? `exit code ${code}`;
        settle(() => reject(new Error(`A process of simulated environments ended with ${cause}.`)));
      };
      child.on("message", onReport).on("exit", onExit);
    });
  }
}
