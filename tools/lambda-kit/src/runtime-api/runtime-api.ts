import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { DescribedError } from "../runtime/messages.js";
import { invocationHeaders, type ServedInvocation } from "./headers.js";
import { reportedError, trailedError } from "./reported-error.js";

/** What a runtime client does, as the Runtime API sees it. */
export interface RuntimeApiEvents {
  /** It asks for an invocation. `isQueued`: one was waiting. */
  onNext(isQueued: boolean): void;
  /** It is ready for a snapshot, and waits for the restore. */
  onRestoreNext(): void;
  onResult(requestId: string, result: unknown): void;
  /** `requestId` is undefined for an error of the initialisation or of the hooks after a restore. */
  onError(requestId: string | undefined, error: DescribedError): void;
}

const PREFIX = "/2018-06-01/runtime/";
const INVOCATION_END = /^invocation\/([^/]+)\/(response|error)$/;

/** AWS's client sends the cause of an error for X-Ray in a header of up to 1 MB. */
const LONGEST_HEADERS_BYTES = 2 ** 21;

/**
 * Lambda's Runtime API for one execution environment, with its endpoints for SnapStart.
 * Sources: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and
 * https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-custom.html
 */
export class RuntimeApi {
  readonly #events: RuntimeApiEvents;
  readonly #server: Server;
  readonly #queue: (() => ServedInvocation)[] = [];
  readonly #askers: ServerResponse[] = [];
  #restoring: ServerResponse | undefined;

  static async start(events: RuntimeApiEvents): Promise<RuntimeApi> {
    const api = new RuntimeApi(events);
    api.#server.listen(0, "127.0.0.1");
    await once(api.#server, "listening");
    return api;
  }

  private constructor(events: RuntimeApiEvents) {
    this.#events = events;
    this.#server = createServer({ maxHeaderSize: LONGEST_HEADERS_BYTES }, (request, response) => {
      this.#serve(request, response).catch((error: unknown) => response.destroy(Object(error)));
    });
    // A client waits for its next invocation, or is frozen, for as long as it takes.
    this.#server.requestTimeout = 0;
    this.#server.keepAliveTimeout = 0;
  }

  /** Host and port, for the variable AWS_LAMBDA_RUNTIME_API. */
  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("The Runtime API has no port.");
    return `127.0.0.1:${address.port}`;
  }

  /** @param invocation called when the invocation is handed to the client, at which its time begins */
  invoke(invocation: () => ServedInvocation): void {
    this.#queue.push(invocation);
    this.#handOut();
  }

  /** Lets a client go on that has asked for `/restore/next`. */
  restore(): void {
    this.#restoring?.writeHead(200).end();
    this.#restoring = undefined;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    if (this.#server.listening) await once(this.#server, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.startsWith(PREFIX) ? request.url.slice(PREFIX.length) : "";
    if (request.method === "GET" && path === "invocation/next") return this.#next(response);
    if (request.method === "GET" && path === "restore/next") {
      this.#restoring = response;
      return this.#events.onRestoreNext();
    }
    const [, id, end] = INVOCATION_END.exec(path) ?? [];
    if (request.method === "POST" && (end || path === "init/error" || path === "restore/error")) {
      const body = await textOf(request);
      // Lambda counts an invocation as over as soon as its response is complete, whatever the client does next.
      response.writeHead(202, { "content-type": "application/json" }).end('{"status":"OK"}');
      return end === "response" && id !== undefined
        ? this.#respond(decodeURIComponent(id), body, request)
        : this.#events.onError(id && decodeURIComponent(id), reportedError(body));
    }
    response.writeHead(404).end();
  }

  #next(response: ServerResponse): void {
    this.#askers.push(response);
    response.on("close", () => {
      const index = this.#askers.indexOf(response);
      if (index >= 0) this.#askers.splice(index, 1);
    });
    const isQueued = this.#queue.length > 0;
    this.#handOut();
    this.#events.onNext(isQueued);
  }

  #handOut(): void {
    while (this.#queue.length > 0 && this.#askers.length > 0) {
      const invocation = this.#queue.shift()?.();
      if (!invocation) return;
      const asker = this.#askers.shift();
      asker?.writeHead(200, invocationHeaders(invocation)).end(JSON.stringify(invocation.event));
    }
  }

  #respond(requestId: string, body: string, { headers, trailers }: IncomingMessage): void {
    const isStreamed = headers["lambda-runtime-function-response-mode"] === "streaming";
    const error = isStreamed ? trailedError(trailers) : undefined;
    if (error) this.#events.onError(requestId, error);
    else this.#events.onResult(requestId, isStreamed ? body : JSON.parse(body));
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}
