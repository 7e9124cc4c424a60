import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { lambdaVariables } from "../environment/lambda-variables.js";
import type { Load, Outcome, Report } from "./messages.js";

/** Processes that share the environments: as many as leave something of a small computer to the proxy and the server. */
const WORKERS = 2;

/** What a fleet is made from. */
export interface FleetOptions {
  /** A bundle of `bundleContender`. */
  readonly program: string;
  readonly environments: number;
  /** How long the query of each invocation takes on the server. */
  readonly querySeconds: number;
  /** All of the processes' environment variables but Lambda's own. They inherit none. */
  readonly variables: Readonly<Record<string, string>>;
  readonly onOutcomes: (outcomes: readonly Outcome[]) => void;
}

/** All execution environments of one function. */
export class Fleet {
  readonly #processes: readonly ChildProcess[];
  readonly #onOutcomes: FleetOptions["onOutcomes"];

  /** Starts the processes. No environment exists before its first invocation. */
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

  private constructor({ program, environments, querySeconds, variables, onOutcomes }: FleetOptions) {
    const count = Math.min(WORKERS, environments);
    this.#onOutcomes = onOutcomes;
    this.#processes = Array.from({ length: count }, (_, index) =>
      fork(program, [String(Math.floor((environments + index) / count)), String(querySeconds)], {
        env: { ...lambdaVariables, ...variables },
        // This process may itself run with a loader for TypeScript.
        execArgv: [],
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      }),
    );
  }

  /** Invokes the environments again and again; resolves when the last invocation has ended. */
  async invokeAll(load: Load): Promise<void> {
    await this.#each(async (child) => {
      const over = this.#until("over", child);
      child.send(load);
      await over;
    });
  }

  /** Stops the processes with SIGSTOP, as Lambda freezes environments between invocations. */
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
