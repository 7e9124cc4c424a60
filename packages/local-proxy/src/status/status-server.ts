import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { listenOnLoopback } from "../listening/listen-on-loopback.js";
import type { LocalProxy } from "../local-proxy.js";
import { page } from "./page.js";
import { prometheusText } from "./prometheus.js";

/** The HTTP server with the status page of a running proxy. */
export interface StatusServer {
  /** Its address, such as `http://127.0.0.1:8080/`. */
  readonly url: string;
  close(): Promise<void>;
}

/** The parts of a proxy that contain no secrets. */
type Observed = Pick<LocalProxy, "url" | "metrics" | "clients" | "pins">;

/** Serves `/`, `/state` and `/metrics` on 127.0.0.1; rejects with the socket's error. */
export async function startStatusServer(proxy: Observed, port: number): Promise<StatusServer> {
  const server = createServer((request, response) => {
    // Prevents DNS rebinding: a website could read the state through a name that resolves to 127.0.0.1.
    if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(request.headers.host ?? "")) {
      return answer(response, 403, "text/plain", "Use the host localhost or 127.0.0.1.\n");
    }
    switch (request.url) {
      case "/":
        return answer(response, 200, "text/html; charset=utf-8", page);
      case "/state":
        return answer(response, 200, "application/json", JSON.stringify(stateOf(proxy)));
      case "/metrics":
        return answer(response, 200, "text/plain; version=0.0.4", prometheusText(proxy.metrics()));
      default:
        return answer(response, 404, "text/plain", "Not found. Available: /, /state, /metrics.\n");
    }
  });
  return {
    url: `http://127.0.0.1:${await listenOnLoopback(server, port)}/`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function stateOf({ url, metrics, clients, pins }: Observed): object {
  return { url, metrics: metrics(), clients: clients(), pins: pins().slice(-50).reverse() };
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
}
