import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { listenOn } from "../listening/listen-on.js";
import type { LocalProxy } from "../local-proxy.js";
import { certificateHosts, namesOfAddress } from "../options/endpoint-names.js";
import { causeFault, faultChoices } from "./fault-request.js";
import { History, sampleIntervalMs } from "./history.js";
import { page } from "./page.js";
import { prometheusText } from "./prometheus.js";

/** The HTTP server with the status page of a running proxy. */
export interface StatusServer {
  /** Its address, such as `http://127.0.0.1:8080/`. */
  readonly url: string;
  close(): Promise<void>;
}

/** The parts of a proxy that contain no secrets. */
type Observed = Pick<LocalProxy, "url" | "metrics" | "clients" | "pins" | "refusals" | "database" | "faults">;

/** Where the page is reached. */
export interface StatusAddress {
  /** The IP address to listen on; default 127.0.0.1. */
  readonly listen?: string | undefined;
  /** Host names that requests may have, beside this machine's. */
  readonly names?: readonly string[] | undefined;
}

// How many pinned sessions and refused clients the page shows.
const shownEntries = 50;

// A website cannot send it to another origin without asking first, and this server never allows that.
const ownHeader = "x-rds-proxy-local";

/** Serves `/`, `/state`, `/metrics` and `POST /faults`; rejects with the socket's error. */
export async function startStatusServer(
  proxy: Observed,
  port: number,
  { listen = "127.0.0.1", names = [] }: StatusAddress = {},
): Promise<StatusServer> {
  const hosts = new Set(certificateHosts([...names, ...namesOfAddress(listen)]));
  const history = new History(proxy.metrics(), proxy.refusals().length);
  const sampler = setInterval(
    () => history.add(proxy.metrics(), proxy.refusals().length, Date.now()),
    sampleIntervalMs,
  );
  sampler.unref();
  const server = createServer((request, response) => {
    // Prevents DNS rebinding: a website could read the state through a name that resolves to 127.0.0.1.
    if (!hosts.has((request.headers.host ?? "").replace(/:\d+$/, ""))) {
      return answer(response, 403, "text/plain", "Use the host localhost or 127.0.0.1.\n");
    }
    switch (`${request.method} ${request.url}`) {
      case "GET /":
        return answer(response, 200, "text/html; charset=utf-8", page);
      case "GET /state":
        return answer(response, 200, "application/json", JSON.stringify(stateOf(proxy, history)));
      case "GET /metrics":
        return answer(response, 200, "text/plain; version=0.0.4", prometheusText(proxy.metrics()));
      case "POST /faults":
        return void answerFault(proxy, request, response);
      default:
        return answer(response, 404, "text/plain", "Not found. Available: /, /state, /metrics.\n");
    }
  });
  return {
    url: `http://127.0.0.1:${await listenOn(server, port, listen)}/`,
    async close() {
      clearInterval(sampler);
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function stateOf({ url, metrics, clients, pins, refusals, database }: Observed, history: History): object {
  return {
    url,
    database: database(),
    metrics: metrics(),
    clients: clients(),
    pins: pins().slice(-shownEntries).reverse(),
    refusals: refusals().slice(-shownEntries).reverse(),
    history: history.samples(),
    faults: faultChoices(new URL(url).protocol.slice(0, -1)),
  };
}

async function answerFault(
  { faults }: Observed,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.headers[ownHeader] === undefined) {
    return answer(response, 403, "text/plain", `The header ${ownHeader} is missing.\n`);
  }
  try {
    const { name, choice }: { name?: unknown; choice?: unknown } = Object(JSON.parse(await text(request)));
    answer(response, 200, "text/plain; charset=utf-8", causeFault(faults, name, choice));
  } catch (error) {
    answer(
      response,
      400,
      "text/plain; charset=utf-8",
      error instanceof Error ? error.message : String(error),
    );
  }
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
}
