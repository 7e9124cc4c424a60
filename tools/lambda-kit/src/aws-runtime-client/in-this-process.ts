import { once } from "node:events";
import { dirname, parse } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { bundleProgram } from "../bundling/index.js";
import { lambdaVariables } from "../environment/index.js";
import type { ServedInvocation } from "../runtime-api/headers.js";
import type { ThreadReply } from "../runtime-api/thread-messages.js";

const HANDED_OVER = Symbol.for("@rds-proxy/lambda-kit/handed-over");
const FUNCTION = fileURLToPath(new URL("handed-over.mjs", import.meta.url));
const API = fileURLToPath(new URL("../runtime-api/serve-in-thread.ts", import.meta.url));

const DEFAULT_TIMEOUT_MS = 10_000;

/** A handler of this process, as a runtime client calls it. */
export type HandedOver<Result> = (event: object, context: never) => Promise<Result>;

/**
 * AWS's runtime client in this process, so that a test can hand it a handler that is a function of the test. A client runs one
 * invocation at a time, and as many of them are started as run at once: an on-demand function has an environment for each.
 */
export class AwsRuntimeClients {
  readonly #entry: string;
  readonly #api: Worker;
  readonly #handlers = new Map<string, HandedOver<unknown>>();
  readonly #ends = new Map<string, (error: unknown) => void>();
  #started = 0;
  /** By how many the requests of clients for an invocation exceed the invocations. */
  #spare = 0;

  /** @param entry the path of AWS's client, from `installAwsRuntimeClient` */
  static async start(entry: string): Promise<AwsRuntimeClients> {
    // A thread of its own: the client waits for the answer to a response without letting other code of its thread run.
    const { file, remove } = await bundleProgram(`import ${JSON.stringify(API)};`);
    const api = new Worker(file);
    const [started]: ThreadReply[] = await Promise.race([once(api, "message"), once(api, "exit")]);
    await remove();
    if (started?.kind !== "started") throw new Error("The thread of the Runtime API did not start.");
    // Without the prefetch, which would open connections that a test does not expect.
    const { AWS_LAMBDA_INITIALIZATION_TYPE: _, ...variables } = lambdaVariables;
    Object.assign(process.env, variables, {
      AWS_LAMBDA_RUNTIME_API: started.address,
      LAMBDA_TASK_ROOT: dirname(FUNCTION),
      _HANDLER: `${parse(FUNCTION).name}.handler`,
      // It prints each error that a handler throws.
      AWS_LAMBDA_LOG_LEVEL: "FATAL",
    });
    return new AwsRuntimeClients(entry, api);
  }

  private constructor(entry: string, api: Worker) {
    this.#entry = entry;
    this.#api = api;
    api.on("message", (reply: ThreadReply) => this.#receive(reply));
    api.unref();
    Reflect.set(globalThis, HANDED_OVER, ({ requestId }: { requestId: string }, context: never) =>
      this.#run(requestId, context),
    );
  }

  /**
   * Resolves and rejects as the handler does, once the client has reported its result or error.
   *
   * @param timeoutMs the function's timeout, in ms. Default 10,000
   */
  async invoke<Result>(handler: HandedOver<Result>, timeoutMs: number = DEFAULT_TIMEOUT_MS): Promise<Result> {
    const requestId = crypto.randomUUID();
    const outcome = Promise.withResolvers<Result>();
    this.#handlers.set(requestId, async (event, context) => {
      try {
        outcome.resolve(await handler(event, context));
      } catch (error) {
        outcome.reject(error);
        throw error;
      }
    });
    const isOver = new Promise<unknown>((resolve) => this.#ends.set(requestId, resolve));
    const isSettled = Promise.allSettled([outcome.promise]);
    if (this.#spare-- <= 0) await this.#startClient();
    this.#api.postMessage(invocation(requestId, timeoutMs));
    const [[{ status }], reported] = await Promise.all([isSettled, isOver]);
    if ((status === "rejected") !== (reported !== undefined)) {
      throw new Error(
        `AWS's client reported ${JSON.stringify(reported)} of an invocation that was ${status}.`,
      );
    }
    return await outcome.promise;
  }

  /** Ends the loop of each client, by an invocation without an end. One that runs until now keeps its own. */
  async close(): Promise<void> {
    const clients = Array.from({ length: this.#started - this.#ends.size });
    await Promise.all(clients.map(() => this.#stopOne()));
    await this.#api.terminate();
  }

  async #stopOne(): Promise<void> {
    const requestId = crypto.randomUUID();
    const isStopped = Promise.withResolvers<void>();
    this.#handlers.set(requestId, () => {
      isStopped.resolve();
      return new Promise(() => undefined);
    });
    this.#api.postMessage(invocation(requestId, 0));
    await isStopped.promise;
  }

  /** With another query, the module of the client is another one. */
  async #startClient(): Promise<void> {
    await import(`${pathToFileURL(this.#entry).href}?client=${++this.#started}`);
  }

  #run(requestId: string, context: never): Promise<unknown> {
    const handler = this.#handlers.get(requestId);
    if (!handler) throw new Error(`AWS's client runs an unknown invocation, ${requestId}.`);
    this.#handlers.delete(requestId);
    return handler({}, context);
  }

  #receive(reply: ThreadReply): void {
    if (reply.kind === "next") this.#spare++;
    else if (reply.kind === "over" && reply.requestId !== undefined) {
      this.#ends.get(reply.requestId)?.(reply.error);
      this.#ends.delete(reply.requestId);
    }
  }
}

function invocation(requestId: string, timeoutMs: number): ServedInvocation {
  return { requestId, event: { requestId }, deadline: Date.now() + timeoutMs };
}
