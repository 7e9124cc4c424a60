import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { listenOn } from "../listening/listen-on.js";
import type { LocalProxy } from "../local-proxy.js";
import { certificateHosts, namesOfAddress } from "../options/endpoint-names.js";
import { page } from "./page.js";
import { prometheusText } from "./prometheus.js";

/** The HTTP server with the status page of a running proxy. */
export interface StatusServer {
  /** Its address, such as `http://127.0.0.1:8080/`. */
  readonly url: string;
  close(): Promise<void>;
}

/** The parts of a proxy that contain no secrets. */
type Observed = Pick<LocalProxy, "url" | "metrics" | "clients" | "pins" | "database">;

/** Where the page is reached. */
export interface StatusAddress {
  /** The IP address to listen on; default 127.0.0.1. */
  readonly listen?: string | undefined;
  /** Host names that requests may have, beside this machine's. */
  readonly names?: readonly string[] | undefined;
}

/** Serves `/`, `/state` and `/metrics`; rejects with the socket's error. */
export async function startStatusServer(
  proxy: Observed,
  port: number,
  { listen = "127.0.0.1", names = [] }: StatusAddress = {},
): Promise<StatusServer> {
  const hosts = new Set(certificateHosts([...names, ...namesOfAddress(listen)]));
  const server = createServer((request, response) => {
    // Prevents DNS rebinding: a website could read the state through a name that resolves to 127.0.0.1.
    if (!hosts.has((request.headers.host ?? "").replace(/:\d+$/, ""))) {
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
    url: `http://127.0.0.1:${await listenOn(server, port, listen)}/`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function stateOf({ url, metrics, clients, pins, database }: Observed): object {
  return {
    url,
    database: database(),
    metrics: metrics(),
    clients: clients(),
    pins: pins().slice(-50).reverse(),
  };
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
}
