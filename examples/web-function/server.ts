import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { RdsProxyError } from "@rds-proxy/core";
import { createDatabase } from "@rds-proxy/database";
import type { PlaceOrder } from "../place-order.js";
import { placeOrder } from "../place-order-with-pg.js";

export interface ServerOptions {
  /** As long as the revision's `timeoutSeconds`, which Lambda does not pass on. Default: 30 s, as in Lambda. */
  readonly requestTimeoutMs?: number;
  /** How long requests may go on after SIGTERM. Default: 700 ms of the second that Lambda leaves. */
  readonly shutdownMs?: number;
}

export function startServer({ requestTimeoutMs = 30_000, shutdownMs = 700 }: ServerOptions = {}): Server {
  const database = createDatabase({
    // So many requests use the database at the same time. Others wait, as long as their own time allows.
    maxConnections: 16,
    // The server closes it below, when its last request has ended.
    closeOnSigterm: false,
  });

  const server = createServer(async (request, response) => {
    const deadline = Date.now() + requestTimeoutMs;
    let body = "";
    try {
      const order = (await json(request)) as PlaceOrder;
      body = JSON.stringify(await database.run((db) => placeOrder(db, order), { deadline }));
      response.setHeader("content-type", "application/json");
    } catch (error) {
      response.statusCode = error instanceof RdsProxyError ? 503 : 500;
      process.stderr.write(`${error}\n`);
    }
    // After SIGTERM a connection that is kept for a next request would keep the server open.
    if (!server.listening) response.setHeader("connection", "close");
    response.end(body);
  });

  process.once("SIGTERM", async () => {
    server.close();
    await Promise.race([once(server, "close"), setTimeout(shutdownMs)]);
    // Rolls back what a request has not finished by now.
    await database.close();
    process.exit();
  });

  // Lambda names the address: https://docs.aws.amazon.com/lambda/latest/dg/web-functions-nodejs.html
  const [host, port] = (process.env["AWS_LAMBDA_HTTP_ENDPOINT"] ?? "127.0.0.1:3000").split(":");
  return server.listen(Number(port), host);
}
