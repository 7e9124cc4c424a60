import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

type Item = Record<string, unknown>;

/** The members that Powertools' requests have: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations.html */
interface Request {
  readonly Item: Item;
  readonly Key: Item;
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues: Item;
}

/** A table of DynamoDB with the key `id`, for the requests of Powertools' idempotency. Its items never expire. */
export async function startDynamoDbTable(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const items = new Map<string, Item>();
  const keyOf = ({ id }: Item): string => JSON.stringify(id);

  function answer(operation: string, request: Request): { readonly status: number; readonly body: object } {
    switch (operation) {
      case "PutItem": {
        const existing = items.get(keyOf(request.Item));
        if (existing) {
          const __type = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
          return { status: 400, body: { __type, message: "The conditional request failed", Item: existing } };
        }
        items.set(keyOf(request.Item), request.Item);
        return { status: 200, body: {} };
      }
      case "UpdateItem": {
        const assignments = request.UpdateExpression.replace(/^SET /, "").split(", ");
        const changes = assignments.map((assignment) => {
          const [name = "", value = ""] = assignment.split(" = ");
          return [request.ExpressionAttributeNames[name] ?? name, request.ExpressionAttributeValues[value]];
        });
        items.set(keyOf(request.Key), { ...items.get(keyOf(request.Key)), ...Object.fromEntries(changes) });
        return { status: 200, body: {} };
      }
      case "DeleteItem":
        items.delete(keyOf(request.Key));
        return { status: 200, body: {} };
      default:
        return { status: 400, body: { __type: "UnknownOperationException", message: operation } };
    }
  }

  const server = createServer(async (request, response) => {
    const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
    const { status, body } = answer(operation, (await json(request)) as Request);
    response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(body));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
