import { type Deployment, ExecutionEnvironment } from "@rds-proxy/lambda-kit/environment";
import type { Mark, Measured, Memory, Task } from "./task.js";

/** Longer than any measurement. */
const timeoutMs = 60_000;

/** An execution environment that measures its handler from within. */
export class MeasuredEnvironment {
  readonly #environment: ExecutionEnvironment;

  static async start(deployment: Deployment): Promise<MeasuredEnvironment> {
    return new MeasuredEnvironment(await ExecutionEnvironment.start({ ...deployment, graceMs: 0 }));
  }

  private constructor(environment: ExecutionEnvironment) {
    this.#environment = environment;
  }

  get isRunning(): boolean {
    return this.#environment.isRunning;
  }

  /** Runs the handler once. */
  async invoke(): Promise<readonly Mark[]> {
    return (await this.#do({ kind: "invoke" }, "marks")).marks;
  }

  /** Runs the handler many times and resolves with the duration of each, by the process's own clock. */
  async repeat(count: number): Promise<readonly number[]> {
    return (await this.#do({ kind: "repeat", count }, "durations")).durationsMs;
  }

  async memory(): Promise<Memory> {
    return (await this.#do({ kind: "measure memory" }, "memory")).memory;
  }

  freeze(): void {
    this.#environment.freeze();
  }

  /** Sends an invocation to the frozen process and thaws it. */
  async invokeWhileFrozen(): Promise<void> {
    const answered = this.invoke();
    this.#environment.thaw();
    await answered;
  }

  async stop(): Promise<void> {
    await this.#environment.stop();
  }

  async #do<Kind extends Measured["kind"]>(task: Task, expected: Kind): Promise<Measured & { kind: Kind }> {
    const measured: unknown = await this.#environment.invoke(task, { timeoutMs });
    if (isKind(measured, expected)) return measured;
    throw new Error(`expected ${expected}, got ${JSON.stringify(measured)}`);
  }
}

function isKind<Kind extends Measured["kind"]>(
  value: unknown,
  kind: Kind,
): value is Measured & { kind: Kind } {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
}
