import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { listenOnLoopback } from "../listening/listen-on-loopback.js";
import type { LocalProxy } from "../local-proxy.js";
import { page } from "./page.js";
import { prometheusText } from "./prometheus.js";

/** The page about a running proxy. */
export interface StatusServer {
  /** Where it is: `http://127.0.0.1:8080/`. */
  readonly url: string;
  close(): Promise<void>;
}

/** What is known of a proxy, without secrets. */
type Observed = Pick<LocalProxy, "url" | "metrics" | "clients" | "pins">;

/** Serves `/`, `/state` and `/metrics` on 127.0.0.1; rejects when the port cannot be had. */
export async function startStatusServer(proxy: Observed, port: number): Promise<StatusServer> {
  const server = createServer((request, response) => {
    // A page of a website that somebody has open could otherwise ask, by a name that leads here.
    if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(request.headers.host ?? "")) {
      return answer(response, 403, "text/plain", "Ask by the name localhost, or by 127.0.0.1.\n");
    }
    switch (request.url) {
      case "/":
        return answer(response, 200, "text/html; charset=utf-8", page);
      case "/state":
        return answer(response, 200, "application/json", JSON.stringify(stateOf(proxy)));
      case "/metrics":
        return answer(response, 200, "text/plain; version=0.0.4", prometheusText(proxy.metrics()));
      default:
        return answer(response, 404, "text/plain", "Here are /, /state and /metrics.\n");
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
