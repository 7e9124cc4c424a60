import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { DurableExecutionClient } from "@aws/durable-execution-sdk-js";
import { onTestFinished } from "vitest";

const PATH = /^\/2025-12-01\/durable-executions\/([^/]+)\/(checkpoint|state)$/;

/**
 * Serves Lambda's API for durable executions, with which a function stores its progress, until the end of the test.
 * Sources: https://docs.aws.amazon.com/lambda/latest/api/API_CheckpointDurableExecution.html and
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecutionState.html
 *
 * @param client answers the calls
 * @returns the URL, for the function's variable AWS_ENDPOINT_URL_LAMBDA
 */
export async function serveDurableApi(client: () => DurableExecutionClient): Promise<string> {
  const server = createServer((request, response) => {
    answer(client(), request).then(
      (body) => response.writeHead(200, { "content-type": "application/json" }).end(body),
      (error: unknown) => response.destroy(Object(error)),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port }: { port?: unknown } = Object(server.address());
  return `http://127.0.0.1:${port}`;
}

async function answer(client: DurableExecutionClient, request: IncomingMessage): Promise<string> {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
  const [, arn = "", call] = PATH.exec(pathname) ?? [];
  const DurableExecutionArn = decodeURIComponent(arn);
  if (request.method === "POST" && call === "checkpoint") {
    const parameters = Object(JSON.parse(await text(request)));
    return inJson(await client.checkpoint({ ...parameters, DurableExecutionArn }));
  }
  if (request.method === "GET" && call === "state") {
    const parameters = Object(Object.fromEntries(searchParams));
    return inJson(await client.getExecutionState({ ...parameters, DurableExecutionArn }));
  }
  throw new Error(`The API for durable executions has no ${request.method} ${pathname}.`);
}

/** In AWS's JSON protocol a time is a number, in seconds since the epoch: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
function inJson(value: object): string {
  return JSON.stringify(value, function (key, text: unknown) {
    const original: unknown = Reflect.get(Object(this), key);
    return original instanceof Date ? original.getTime() / 1000 : text;
  });
}
