import { parentPort } from "node:worker_threads";
import type { ServedInvocation } from "./headers.js";
import { RuntimeApi } from "./runtime-api.js";
import type { ThreadReply } from "./thread-messages.js";

const reply = (message: ThreadReply): void => parentPort?.postMessage(message);

const api = await RuntimeApi.start({
  onNext: () => reply({ kind: "next" }),
  onRestoreNext: () => undefined,
  onResult: (requestId) => reply({ kind: "over", requestId, error: undefined }),
  onError: (requestId, error) => reply({ kind: "over", requestId, error }),
});
parentPort?.on("message", (invocation: ServedInvocation) => api.invoke(() => invocation));
reply({ kind: "started", address: api.address });
