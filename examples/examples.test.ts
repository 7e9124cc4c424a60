import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import mysql from "mysql2/promise";
import pg from "pg";
import { beforeAll, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { trustByDefault } from "../test/support/routes.js";
import type { PlaceOrder } from "./place-order.js";

interface Example {
  readonly folder: string;
  readonly engine: "postgres" | "mysql";
  /** What the library sends by itself after the first login. Default: nothing. */
  readonly opensWith?: readonly string[];
  /** Whether it serves HTTP requests. Default: false, it gets the order as its event. */
  readonly isHttp?: boolean;
  /** Whether its pool cannot see after a thaw that a connection has broken. Default: false. */
  readonly failsAfterThaw?: boolean;
}

const examples: readonly Example[] = [
  { folder: "pg", engine: "postgres" },
  { folder: "mysql2", engine: "mysql" },
  { folder: "kysely-postgres", engine: "postgres" },
  { folder: "kysely-mysql", engine: "mysql" },
  { folder: "sequelize-postgres", engine: "postgres", opensWith: [expect.stringMatching(/ FROM pg_type /)] },
  { folder: "sequelize-mysql", engine: "mysql" },
  { folder: "drizzle-postgres", engine: "postgres" },
  { folder: "drizzle-mysql", engine: "mysql" },
  { folder: "knex-postgres", engine: "postgres", opensWith: ["select version();"] },
  { folder: "knex-mysql", engine: "mysql" },
  {
    folder: "typeorm",
    engine: "postgres",
    opensWith: ["SELECT version()", "SELECT * FROM current_database()", "SELECT * FROM current_schema()"],
  },
  {
    folder: "typeorm-mysql",
    engine: "mysql",
    opensWith: ["SELECT DATABASE() AS `db_name`", "SELECT version() as version"],
  },
  { folder: "prisma", engine: "postgres" },
  { folder: "prisma-mysql", engine: "mysql", opensWith: ["SELECT VERSION()"] },
  { folder: "mikro-orm", engine: "postgres" },
  { folder: "postgres-js", engine: "postgres", failsAfterThaw: true },
  { folder: "mikro-orm-mysql", engine: "mysql" },
  { folder: "plain", engine: "postgres" },
  { folder: "powertools", engine: "postgres", isHttp: true },
  { folder: "hono", engine: "postgres", isHttp: true },
  { folder: "fastify", engine: "postgres", isHttp: true },
  { folder: "express", engine: "postgres", isHttp: true },
  { folder: "nest", engine: "postgres", isHttp: true },
  {
    folder: "nest-typeorm",
    engine: "postgres",
    isHttp: true,
    opensWith: ["SELECT version()", "SELECT * FROM current_database()", "SELECT * FROM current_schema()"],
  },
];

const MINUTES = 60_000;

/** Keywords that pin, or may pin, at the beginning of a statement, and those that pin anywhere. */
const PINS =
  /^\s*(?:set|reset|prepare|execute|deallocate|discard|declare|listen|lock|create)\b|\b(?:set_config|nextval|get_lock)\(|\/\*M?!/i;

beforeAll(async () => {
  const postgres = new pg.Client(inject("postgres"));
  await postgres.connect();
  const mariadb = await mysql.createConnection({ ...inject("mysql"), multipleStatements: true });
  await postgres.query(await schemaOf("postgres"));
  await mariadb.query(await schemaOf("mysql"));
  return async () => {
    await postgres.query("drop table order_lines, orders");
    await mariadb.query("drop table order_lines, orders");
    await Promise.all([postgres.end(), mariadb.end()]);
  };
});

function schemaOf(engine: Example["engine"]): Promise<string> {
  return readFile(new URL(`schema/${engine}.sql`, import.meta.url), "utf8");
}

/** A proxy, and its environment variables as the only ones of this process. */
async function deploy({ folder, engine, isHttp = false }: Example) {
  vi.resetModules();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const proxy = await startLocalProxy({
    engine,
    upstream: inject(engine),
    recordMessages: true,
    now: () => Date.now(),
  });
  onTestFinished(async () => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    await proxy.close();
  });
  for (const [name, value] of Object.entries(proxy.environment)) vi.stubEnv(name, value);
  // Node reads NODE_EXTRA_CA_CERTS at its start only.
  trustByDefault(proxy);

  const { handler }: { handler: unknown } = await import(`./${folder}/handler.ts`);
  if (typeof handler !== "function") throw new Error(`${folder}/handler.ts has no handler`);
  // Lambda's runtime for Node.js 24 takes a third parameter for a callback, which it does not support, and refuses the handler.
  expect(handler.length).toBeLessThan(3);
  const customer = randomUUID();
  const place = async (product: string, quantity: number): Promise<unknown> => {
    const order: PlaceOrder = { customer, product, quantity };
    const event = isHttp ? httpRequest(order) : order;
    const result: unknown = await Reflect.apply(handler, undefined, [event, lambdaContext()]);
    return isHttp ? bodyOf(result) : result;
  };
  return { proxy, place };
}

/** An event of an HTTP API: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
function httpRequest(order: PlaceOrder): object {
  const http = {
    method: "POST",
    path: "/orders",
    protocol: "HTTP/1.1",
    sourceIp: "192.0.2.1",
    userAgent: "test",
  };
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: http.path,
    rawQueryString: "",
    headers: { "content-type": "application/json", host: "api.example" },
    requestContext: {
      accountId: "123456789012",
      apiId: "api",
      domainName: "api.example",
      domainPrefix: "api",
      http,
      requestId: randomUUID(),
      routeKey: "$default",
      stage: "$default",
      time: "29/Nov/2026:00:00:00 +0000",
      timeEpoch: Date.now(),
    },
    body: JSON.stringify(order),
    isBase64Encoded: false,
  };
}

/** @throws Error for another status than 200 */
function bodyOf(response: unknown): unknown {
  const { statusCode, body, isBase64Encoded }: Record<string, unknown> = Object(response);
  const text = isBase64Encoded ? Buffer.from(String(body), "base64").toString() : String(body);
  if (statusCode !== 200) throw new Error(`status ${statusCode}: ${text}`);
  return JSON.parse(text);
}

/** The statements before the handler's own, which begin with its transaction. */
function opening(messages: ReturnType<LocalProxy["messages"]>): string[] {
  const statements = messages.flatMap(({ text }) => text ?? []);
  return statements.slice(
    0,
    statements.findIndex((text) => /^(?:begin|start transaction)/i.test(text)),
  );
}

const chosen = inject("examples");

describe.each(examples.filter(({ folder }) => chosen?.includes(folder) ?? true))("$folder", (example) => {
  test("needs only the environment variables, one connection and one token, also when an order fails", async () => {
    const { proxy, place } = await deploy(example);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(0);
    expect(await place("pen", 2)).toEqual([{ product: "pen", quantity: 2 }]);
    await expect(place("too many", 2 ** 40)).rejects.toThrow();
    expect(await place("ink", 1)).toEqual([
      { product: "pen", quantity: 2 },
      { product: "ink", quantity: 1 },
    ]);
    expect(proxy.metrics()).toMatchObject({
      ClientConnectionsReceived: 1,
      TokensVerified: 1,
      DistinctTokens: 1,
      DatabaseConnectionsCurrentlyInTransaction: 0,
    });
  });

  test("sends nothing that pins, and no statements of its own but those in the README", async () => {
    const { proxy, place } = await deploy(example);
    await place("pen", 2);
    for (const { type, text = "", statementName = "" } of proxy.messages()) {
      expect(type).not.toMatch(/COM_STMT_PREPARE|COM_RESET_CONNECTION|COM_CHANGE_USER/);
      expect(statementName).toBe("");
      expect(text).not.toMatch(PINS);
    }
    expect(opening(proxy.messages())).toEqual(example.opensWith ?? []);
  });

  test("signs a new token for the connection that it needs after a thaw, and succeeds although the proxy is full at first", async () => {
    const { proxy, place } = await deploy(example);
    await place("pen", 2);
    const before = proxy.messages().length;

    vi.setSystemTime(Date.now() + 20 * MINUTES);
    proxy.faults.killConnections("fin");
    if (example.failsAfterThaw) await expect(place("lost", 1)).rejects.toThrow("CONNECTION_CLOSED");
    // The connect is retried.
    proxy.faults.failConnects("exhausted");
    expect(await place("ink", 1)).toEqual([
      { product: "pen", quantity: 2 },
      { product: "ink", quantity: 1 },
    ]);
    expect(proxy.metrics()).toMatchObject({
      ClientConnectionsReceived: 3,
      TokensVerified: 3,
      DistinctTokens: 2,
      TokensRefused: {},
    });
    expect(opening(proxy.messages().slice(before))).toEqual([]);
  });

  test("loses one invocation to a login that is refused, and one to a connection that breaks during it", async () => {
    const { proxy, place } = await deploy(example);
    proxy.faults.failConnects("no-credentials", { times: Number.POSITIVE_INFINITY });
    await expect(place("refused", 1)).rejects.toThrow();
    proxy.faults.clear();
    await place("pen", 2);
    const { ClientConnectionsReceived } = proxy.metrics();

    proxy.faults.loseNextReply();
    await expect(place("lost", 1)).rejects.toThrow();
    expect(await place("ink", 1)).toEqual([
      { product: "pen", quantity: 2 },
      { product: "ink", quantity: 1 },
    ]);
    expect(proxy.metrics().ClientConnectionsReceived).toBe(ClientConnectionsReceived + 1);
  });
});
