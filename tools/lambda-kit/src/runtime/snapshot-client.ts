import { describeError } from "./describe-error.js";
import { describeInStack } from "./described-stack.js";
import { lambdaContext } from "./lambda-context.js";
import type { Handler } from "./serve-handler.js";

/** A function whose handler carries hooks for snapshots. */
interface SnapshotFunction {
  readonly handler: Handler & {
    readonly snapshotHooks?: { beforeSnapshot(): Promise<void>; afterRestore(): void };
  };
}

const API = `http://${process.env["AWS_LAMBDA_RUNTIME_API"]}/2018-06-01/runtime/`;

/**
 * A client of the Runtime API that calls hooks before a snapshot and after the restore. AWS's own has none for Node.js, and
 * leaves it to the authors of container images.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-custom.html
 */
export function serve({ handler }: SnapshotFunction): Handler {
  run(handler).catch((error: unknown) => {
    process.nextTick(() => {
      throw error;
    });
  });
  return handler;
}

async function run(handler: SnapshotFunction["handler"]): Promise<never> {
  if (process.env["AWS_LAMBDA_INITIALIZATION_TYPE"] === "snap-start") {
    await handler.snapshotHooks?.beforeSnapshot();
    await call("restore/next");
    handler.snapshotHooks?.afterRestore();
  }
  for (;;) await serveNext(handler);
}

async function serveNext(handler: Handler): Promise<void> {
  const next = await call("invocation/next");
  const path = `invocation/${next.headers.get("lambda-runtime-aws-request-id")}`;
  const deadline = Number(next.headers.get("lambda-runtime-deadline-ms"));
  try {
    const event: unknown = await next.json();
    const result: unknown = await Reflect.apply(handler, undefined, [
      event,
      lambdaContext(deadline - Date.now()),
    ]);
    await call(`${path}/response`, result ?? null);
  } catch (error) {
    describeInStack(error, describeError);
    const { name, message, stack = "" } = error instanceof Error ? error : new Error(String(error));
    await call(`${path}/error`, { errorType: name, errorMessage: message, trace: stack.split("\n") });
  }
}

async function call(path: string, body?: unknown): Promise<Response> {
  const request = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(`${API}${path}`, request);
  if (!response.ok) throw new Error(`The Runtime API answered ${path} with ${response.status}.`);
  return response;
}
