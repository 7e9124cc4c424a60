import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { bundleProgram } from "@rds-proxy/lambda-kit/bundling";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import pg from "pg";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { createShop } from "./create-shop.js";
import type { PlaceOrder } from "./place-order.js";
import type { ServerOptions } from "./web-function/server.js";

const PEN: PlaceOrder = { customer: "ann", product: "pen", quantity: 2 };

let program: string;
beforeAll(async () => {
  const { file, remove } = await bundleProgram(`
    import { startServer } from ${JSON.stringify(fileURLToPath(new URL("web-function/server.ts", import.meta.url)))};
    const server = startServer(JSON.parse(process.env.TEST_OPTIONS));
    server.on("listening", () => process.send(server.address().port));
  `);
  program = file;
  return remove;
});

interface Deployed {
  readonly proxy: LocalProxy;
  readonly server: ChildProcess;
  /** The database itself, without the proxy. */
  readonly shop: pg.Client;
  /** Whether the server accepts connections. */
  accepts(): Promise<boolean>;
  post(order: PlaceOrder): Promise<Response>;
}

async function deploy(options: ServerOptions): Promise<Deployed> {
  const upstream = await createShop();
  const proxy = await startLocalProxy({ engine: "postgres", upstream, recordMessages: true });
  const shop = new pg.Client(upstream);
  await shop.connect();
  const server = spawn(process.execPath, [program], {
    env: {
      ...process.env,
      ...proxy.environment,
      AWS_LAMBDA_HTTP_ENDPOINT: "127.0.0.1:0",
      AWS_LAMBDA_INITIALIZATION_TYPE: "native-http",
      TEST_OPTIONS: JSON.stringify(options),
    },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  onTestFinished(async () => {
    server.kill("SIGKILL");
    await shop.end();
    await proxy.close();
  });
  const [port] = await once(server, "message");
  const post = (order: PlaceOrder): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/orders`, { method: "POST", body: JSON.stringify(order) });
  async function accepts(): Promise<boolean> {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
  return { proxy, server, shop, accepts, post };
}

/** Makes the next request wait for a lock, until the returned function is called. */
async function holdOrders({ proxy, shop }: Deployed, request: () => Promise<Response>) {
  const inserts = (): number =>
    proxy.messages().filter(({ text }) => text?.startsWith("insert into orders")).length;
  const before = inserts();
  await shop.query("begin; lock table orders");
  const response = request();
  await expect.poll(inserts).toBe(before + 1);
  return { response, letGo: () => shop.query("commit") };
}

test("many requests at once share up to 16 connections, and one that fails disturbs no other", async () => {
  const { proxy, post } = await deploy({ shutdownMs: 60_000 });
  const orders = Array.from({ length: 40 }, (_, i) => ({
    ...PEN,
    customer: `customer ${i}`,
    // Out of range, so that the second statement of the transaction fails.
    quantity: i % 4 === 0 ? 2 ** 40 : i,
  }));
  const responses = await Promise.all(orders.map(post));
  for (const [i, response] of responses.entries()) {
    if (i % 4 === 0) expect(response.status).toBe(500);
    else expect(await response.json()).toEqual([{ product: "pen", quantity: i }]);
  }
  const { ClientConnections, DatabaseConnectionsCurrentlyInTransaction } = proxy.metrics();
  expect(ClientConnections).toBeGreaterThan(1);
  expect(ClientConnections).toBeLessThanOrEqual(16);
  expect(DatabaseConnectionsCurrentlyInTransaction).toBe(0);
});

test("a request that finds no free connection within its time is answered, and later ones succeed", async () => {
  const { proxy, post } = await deploy({ requestTimeoutMs: 500 });
  proxy.faults.failConnects("exhausted", { times: Number.POSITIVE_INFINITY });
  expect((await post(PEN)).status).toBe(503);
  proxy.faults.clear();
  await expect.poll(async () => (await post(PEN)).status).toBe(200);
});

test("SIGTERM during a request lets it end, closes the connections in order, and ends the process with code 0", async () => {
  const deployed = await deploy({ shutdownMs: 60_000 });
  const { proxy, server, accepts, post } = deployed;
  await Promise.all([post(PEN), post(PEN)]);
  const { response, letGo } = await holdOrders(deployed, () => post({ ...PEN, customer: "bob" }));
  const exited = once(server, "exit");
  server.kill("SIGTERM");
  await expect.poll(accepts).toBe(false);
  await letGo();
  expect(await (await response).json()).toEqual([{ product: "pen", quantity: 2 }]);
  expect(await exited).toEqual([0, null]);
  await expect.poll(() => proxy.messages().some(({ type }) => type === "Terminate")).toBe(true);
});

test("SIGTERM ends the process also during a request that does not end, and its transaction is rolled back", async () => {
  const deployed = await deploy({ shutdownMs: 0 });
  const { server, shop, post } = deployed;
  const { response, letGo } = await holdOrders(deployed, () => post(PEN));
  const broken = expect(response).rejects.toThrow("fetch failed");
  server.kill("SIGTERM");
  expect(await once(server, "exit")).toEqual([0, null]);
  await broken;
  await letGo();
  await expect
    .poll(
      async () =>
        (await shop.query("select from pg_stat_activity where query like 'insert into orders%'")).rowCount,
    )
    .toBe(0);
  expect((await shop.query("select * from orders")).rows).toEqual([]);
});
