import type { ChildProcess } from "node:child_process";
import { dirname, parse } from "node:path";
import { offsetOf } from "../clock/shared-clock.js";
import type { Invocation, Reply } from "../runtime/messages.js";
import { RuntimeApi } from "../runtime-api/index.js";

/** What runs the handler in the process, and how it gets its invocations. */
export interface RuntimeLink {
  /** The program to start, and its arguments. */
  readonly program: readonly [file: string, ...args: string[]];
  /** Variables that this way of running needs. */
  readonly variables: Readonly<Record<string, string>>;
  /** Begins to receive what the process sends. */
  listen(child: ChildProcess, receive: (reply: Reply) => void): void;
  send(invocation: Invocation): void;
  /** Lets a process go on that is ready for a snapshot. */
  restore(): void;
  close(): Promise<void>;
}

/** The kit's own runtime, over Node's IPC channel. */
export function messageLink(program: RuntimeLink["program"]): RuntimeLink {
  let process: ChildProcess | undefined;
  return {
    program,
    variables: {},
    listen(child, receive) {
      process = child;
      child.on("message", (reply: Reply) => {
        receive(reply);
        if (reply.kind === "result" || reply.kind === "error") receive({ kind: "idle" });
      });
    },
    // A process that has ended fails its invocations by its end.
    send: (invocation) => process?.send(invocation, () => undefined),
    restore: () => undefined,
    close: async () => undefined,
  };
}

/**
 * A runtime client of the Runtime API.
 *
 * @param client the entry of AWS's client, which loads the program as the function's module; undefined for a program that is a
 * client itself
 * @param variables the deployment's, which may name a shared clock
 */
export async function runtimeApiLink(
  program: RuntimeLink["program"],
  client: string | undefined,
  variables: Readonly<Record<string, string>>,
): Promise<RuntimeLink> {
  const ids = new Map<string, number>();
  let receive: (reply: Reply) => void = () => undefined;
  /** The number of an invocation, which then is over. */
  const take = (requestId: string): number => {
    const id = ids.get(requestId);
    if (id === undefined) throw new Error(`The runtime client answered an unknown invocation, ${requestId}.`);
    ids.delete(requestId);
    return id;
  };
  const api = await RuntimeApi.start({
    onNext(isQueued) {
      receive({ kind: "ready" });
      if (!isQueued) receive({ kind: "idle" });
    },
    onRestoreNext: () => receive({ kind: "captured" }),
    onResult: (requestId, result) => receive({ kind: "result", id: take(requestId), result }),
    onError(requestId, error) {
      // The process ends with such an error, and prints it.
      if (requestId !== undefined) receive({ kind: "error", id: take(requestId), error });
    },
  });
  const [file] = program;
  return {
    program: client === undefined ? program : [client],
    variables: {
      AWS_LAMBDA_RUNTIME_API: api.address,
      LAMBDA_TASK_ROOT: dirname(file),
      _HANDLER: `${parse(file).name}.handler`,
    },
    listen(child, onReply) {
      receive = onReply;
      // The process tells that it freezes itself.
      child.on("message", onReply);
    },
    send({ id, event, timeoutMs, tenantId }) {
      const requestId = crypto.randomUUID();
      ids.set(requestId, id);
      api.invoke(() => ({
        requestId,
        event,
        deadline: Date.now() + offsetOf(variables) + timeoutMs,
        tenantId,
      }));
    },
    restore: () => api.restore(),
    close: () => api.close(),
  };
}
