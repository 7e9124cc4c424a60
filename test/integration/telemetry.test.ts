import { Writable } from "node:stream";
import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import { context, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { RdsProxyEvents } from "@rds-proxy/core";
import { resolveOptions } from "@rds-proxy/core/adapter";
import { emitEvent } from "@rds-proxy/core/internal";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import { type EventLogEntry, logEvents } from "@rds-proxy/telemetry/logger";
import { meterConnections, traceConnections } from "@rds-proxy/telemetry/opentelemetry";
import {
  emitMetrics,
  METRIC_UNITS,
  type TelemetrySubscription,
} from "@rds-proxy/telemetry/powertools-metrics";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { reveal } from "../support/revelations.js";

let proxy: LocalProxy;
beforeEach(async () => {
  proxy = await startLocalProxy({ engine: "postgres", upstream: inject("postgres") });
});
afterEach(() => proxy.close());

function createMiddleware() {
  // Keeps session state, validates every kept connection, and retries without a noticeable delay.
  const middleware = rdsProxy({
    ...connectTo(proxy),
    sessionState: "keep",
    validateAfterIdleMs: 0,
    retry: { baseDelayMs: 1 },
  });
  onTestFinished(() => middleware.close());
  return middleware;
}

type Middleware = ReturnType<typeof createMiddleware>;

function selectOne(middleware: Middleware) {
  return middy()
    .use(middleware)
    .handler(async (_event, { db }) => (await db.query("select 1 as one")).rows);
}

/** Two connects, the first with a retry; a pin, whose session state is kept; a slot timeout; two discards; a failed connect. */
async function causeEveryEvent(): Promise<void> {
  const middleware = createMiddleware();
  const handler = selectOne(middleware);
  proxy.faults.failConnects("exhausted");
  await handler({}, lambdaContext());
  await middy()
    .use(middleware)
    .handler((_event, { db }) => db.query("set app.tenant = 'acme-42'"))({}, lambdaContext());
  proxy.faults.silenceConnections();
  await handler({}, lambdaContext());

  const holds = Promise.withResolvers<void>();
  const enough = Promise.withResolvers<void>();
  const holder = middy()
    .use(middleware)
    .handler(async () => {
      holds.resolve();
      await enough.promise;
    });
  const held = holder({}, lambdaContext());
  await holds.promise;
  await expect(handler({}, lambdaContext(300))).rejects.toThrow("became free in time");
  enough.resolve();
  await held;

  proxy.faults.killConnections("fin");
  proxy.faults.failConnects("no-credentials");
  await expect(handler({}, lambdaContext())).rejects.toThrow("Could not connect");
}

function stopAfterTest(subscription: TelemetrySubscription): void {
  onTestFinished(() => subscription.stop());
}

function expectNoSecret(shown: string): void {
  expect(shown).not.toMatch(/X-Amz-Signature|X-Amz-Security-Token/);
  const { credentials } = connectTo(proxy);
  expect(shown).not.toContain(credentials.secretAccessKey);
  if (credentials.sessionToken !== undefined) expect(shown).not.toContain(credentials.sessionToken);
  expect(shown).not.toContain("acme-42");
}

/** Captures the lines in CloudWatch's embedded metric format. */
function readEmbeddedMetrics() {
  // In development mode Powertools writes to the global console, but disables metrics.
  vi.stubEnv("POWERTOOLS_DEV", "true");
  vi.stubEnv("POWERTOOLS_METRICS_DISABLED", "false");
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  onTestFinished(() => {
    log.mockRestore();
    vi.unstubAllEnvs();
  });
  return (): Record<string, unknown>[] => log.mock.calls.map(([line]) => JSON.parse(String(line)));
}

describe("metrics of Powertools", () => {
  test("count and time the events, with their documented names and units", async () => {
    const lines = readEmbeddedMetrics();
    const metrics = new Metrics({ namespace: "Shop", serviceName: "orders" });
    stopAfterTest(emitMetrics(metrics));
    await causeEveryEvent();
    metrics.publishStoredMetrics();

    const [retry, retryPhase, pin, kept, failure, failurePhase, all] = lines();
    expect(pin).toMatchObject({ cause: "set", RdsProxyPins: 1 });
    expect(kept).toMatchObject({ cause: "set", RdsProxyKeptStates: 1 });
    expect(retry).toMatchObject({ service: "orders", cause: "exhausted", RdsProxyConnectRetries: 1 });
    expect(retryPhase).toMatchObject({ service: "orders", phase: "login", RdsProxyConnectRetries: 1 });
    expect(failurePhase).toMatchObject({ service: "orders", phase: "login", RdsProxyConnectFailures: 1 });
    expect(failure).toMatchObject({
      service: "orders",
      cause: "RDS_PROXY_REFUSED",
      RdsProxyConnectFailures: 1,
    });
    expect(all).toMatchObject({
      _aws: {
        CloudWatchMetrics: [
          {
            Namespace: "Shop",
            Dimensions: [["service"]],
            Metrics: expect.arrayContaining(
              Object.entries(METRIC_UNITS).map(([Name, Unit]) => expect.objectContaining({ Name, Unit })),
            ),
          },
        ],
      },
      service: "orders",
      RdsProxyConnects: [1, 1],
      RdsProxyConnectRetries: 1,
      RdsProxyConnectFailures: 1,
      RdsProxyAcquireFailures: [1, 1],
      RdsProxySlotTimeouts: 1,
      RdsProxyValidations: [1, 1, 1],
      RdsProxyValidationFailures: 1,
      RdsProxyDiscards: [1, 1],
      RdsProxyTokensSigned: [1, 1, 1, 1],
    });
    expect(all?.["RdsProxyUseDuration"]).toHaveLength(4);
    expect(all?.["RdsProxyAcquireDuration"]).toHaveLength(4);
    expectNoSecret(JSON.stringify(lines()));
  });

  test("of an invocation are published after it if logMetrics is used before rdsProxy", async () => {
    const lines = readEmbeddedMetrics();
    const metrics = new Metrics({ namespace: "Shop", serviceName: "orders" });
    stopAfterTest(emitMetrics(metrics));
    const handler = middy()
      .use(logMetrics(metrics))
      .use(createMiddleware())
      .handler(async (_event, { db }) => (await db.query("select 1 as one")).rows);
    await handler({}, lambdaContext());
    expect(lines()).toEqual([expect.objectContaining({ RdsProxyUseDuration: expect.any(Number) })]);
  });

  test("of a release are published one invocation late if logMetrics is used after rdsProxy", async () => {
    const lines = readEmbeddedMetrics();
    const metrics = new Metrics({ namespace: "Shop", serviceName: "orders" });
    stopAfterTest(emitMetrics(metrics));
    const handler = middy()
      .use(createMiddleware())
      .use(logMetrics(metrics))
      .handler(async (_event, { db }) => (await db.query("select 1 as one")).rows);
    await handler({}, lambdaContext());
    expect(lines()).toEqual([expect.not.objectContaining({ RdsProxyUseDuration: expect.anything() })]);
    await handler({}, lambdaContext());
    expect(lines()[1]).toMatchObject({ RdsProxyUseDuration: expect.any(Number) });
  });

  test("are not added after stop()", async () => {
    const lines = readEmbeddedMetrics();
    const metrics = new Metrics({ namespace: "Shop", serviceName: "orders" });
    const subscription = emitMetrics(metrics);
    subscription.stop();
    await selectOne(createMiddleware())({}, lambdaContext());
    expect(metrics.hasStoredMetrics()).toBe(false);
    expect(lines()).toEqual([]);
  });
});

describe("a logger", () => {
  test("gets regular events at the given level, retries, waits and discards as warnings, and failures as errors", async () => {
    const entries: [level: string, entry: EventLogEntry][] = [];
    const at = (level: string) => (entry: EventLogEntry) => entries.push([level, entry]);
    stopAfterTest(
      logEvents(
        { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
        { level: "info" },
      ),
    );
    await causeEveryEvent();

    const levels = entries.map(([level, { event }]) => `${level} ${event}`);
    expect(new Set(levels)).toEqual(
      new Set([
        "info rds-proxy:sign",
        "warn rds-proxy:retry",
        "info rds-proxy:connect",
        "info rds-proxy:acquire",
        "info rds-proxy:release",
        "info rds-proxy:validate",
        "warn rds-proxy:discard",
        "warn rds-proxy:pin",
        "warn rds-proxy:keep",
        "warn rds-proxy:wait",
        "error rds-proxy:acquire",
        "error rds-proxy:failure",
      ]),
    );
    const retry = entries.find(([, { event }]) => event === "rds-proxy:retry");
    expect(retry?.[1]).toEqual({
      message: `An attempt to connect to ${retry?.[1].endpoint} failed; another one follows`,
      event: "rds-proxy:retry",
      endpoint: expect.stringMatching(/@localhost:\d+$/),
      engine: "postgres",
      host: "localhost",
      port: proxy.port,
      user: expect.any(String),
      database: expect.any(String),
      attempt: 1,
      kind: "exhausted",
      phase: "login",
      delayMs: expect.any(Number),
      error: { name: "error", message: expect.stringContaining("slots are reserved"), code: "53300" },
    });
    expectNoSecret(reveal(entries));
  });

  test("gets a pin as a warning, with the remedy once for each kind", () => {
    const messages: string[] = [];
    const warn = (entry: EventLogEntry) => messages.push(entry.message);
    const other = () => expect.unreachable();
    stopAfterTest(logEvents({ debug: other, info: other, warn, error: other }));
    const { endpoint } = resolveOptions(connectTo(proxy), "postgres");
    for (const kind of ["set", "set", "listen"] as const) {
      emitEvent("pin", endpoint, () => ({ kind, source: "invocation" }));
    }
    expect(messages).toEqual([
      expect.stringMatching(/set\. Use SET LOCAL .+\.$/),
      expect.stringMatching(/^A statement pinned a session of [^:]+:\d+: set\.$/),
      expect.stringMatching(/listen\. Poll, .+\.$/),
    ]);
  });

  test("gets kept session state as a warning with its remedies, once for each endpoint and kind", () => {
    const entries: EventLogEntry[] = [];
    const warn = (entry: EventLogEntry) => entries.push(entry);
    const other = () => expect.unreachable();
    stopAfterTest(logEvents({ debug: other, info: other, warn, error: other }));
    const { endpoint } = resolveOptions(connectTo(proxy), "postgres");
    const keep = (state: RdsProxyEvents["keep"]["state"], user = "app"): void =>
      emitEvent("keep", { ...endpoint, user }, () => ({ state }));
    keep(["set"]);
    keep(["set"]);
    keep(["set", "listen", "temporary-object"]);
    keep(["set"], "other");
    expect(entries.map(({ state }) => state)).toEqual([["set"], ["listen", "temporary-object"], ["set"]]);
    expect(entries[1]?.message).toMatch(
      /^A connection to app@.+ was released with session state, which its next user gets: listen, temporary-object\. Poll, .+\. Use a WITH query .+\. Or close such connections with sessionState: "discard"\.$/,
    );
  });

  test("may be console, pino or the Logger of Powertools, and each writes the whole entry", async () => {
    vi.stubEnv("POWERTOOLS_DEV", "true");
    const written: string[] = [];
    const write = (text: unknown): void => {
      written.push(String(text));
    };
    const warn = vi.spyOn(console, "warn").mockImplementation(write);
    onTestFinished(() => {
      warn.mockRestore();
      vi.unstubAllEnvs();
    });
    const stream = new Writable({
      write(chunk, _encoding, done) {
        write(chunk);
        done();
      },
    });
    for (const logger of [pino(stream), new Logger({ serviceName: "orders" }), console]) {
      stopAfterTest(logEvents(logger));
    }
    const { endpoint } = resolveOptions(connectTo(proxy), "postgres");
    emitEvent("discard", endpoint, () => ({ reason: "query in flight" }));

    const expected = { event: "rds-proxy:discard", reason: "query in flight", host: "localhost" };
    const [byPino = "", byPowertools = ""] = written;
    expect(JSON.parse(byPino)).toMatchObject({ level: 40, ...expected });
    expect(JSON.parse(byPowertools)).toMatchObject({ level: "WARN", service: "orders", ...expected });
    expect(warn).toHaveBeenLastCalledWith(expect.objectContaining(expected));
  });

  test("is rejected with an unknown level", () => {
    const level: unknown = "warn";
    expect(() => Reflect.apply(logEvents, undefined, [console, { level }])).toThrow(
      'level: expected "debug" or "info", received "warn".',
    );
  });
});

describe("OpenTelemetry", () => {
  test("gets a span for each connect, a child of the invocation's, with failed attempts as events", async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const exporter = new InMemorySpanExporter();
    const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    onTestFinished(async () => {
      context.disable();
      await tracerProvider.shutdown();
    });
    stopAfterTest(traceConnections({ tracerProvider }));
    await tracerProvider.getTracer("test").startActiveSpan("invocation", async (invocation) => {
      await causeEveryEvent();
      invocation.end();
    });

    const spans = exporter.getFinishedSpans();
    const connects = spans.filter(({ name }) => name.startsWith("connect "));
    const { database } = connectTo(proxy);
    const invocation = spans.find(({ name }) => name === "invocation");
    expect(connects.map(({ name }) => name)).toEqual(Array(3).fill(`connect ${database}`));
    for (const span of connects) {
      expect(span.kind).toBe(SpanKind.CLIENT);
      expect(span.parentSpanContext?.spanId).toBe(invocation?.spanContext().spanId);
      expect(span.attributes).toMatchObject({
        "db.system.name": "postgresql",
        "db.namespace": database,
        "db.operation.name": "connect",
        "server.address": "localhost",
        "server.port": proxy.port,
      });
    }
    const [retried, second, failed] = connects;
    expect(retried?.attributes["rds_proxy.attempts"]).toBe(2);
    expect(retried?.events).toEqual([
      expect.objectContaining({
        name: "rds_proxy.attempt_failed",
        attributes: {
          "rds_proxy.attempt": 1,
          "error.type": "exhausted",
          "rds_proxy.phase": "login",
          "rds_proxy.delay_ms": expect.any(Number),
        },
      }),
    ]);
    expect(second?.events).toEqual([]);
    expect(second?.status.code).toBe(SpanStatusCode.UNSET);
    expect(failed?.status).toMatchObject({ code: SpanStatusCode.ERROR });
    expect(failed?.attributes["error.type"]).toBe("RDS_PROXY_REFUSED");
    const shown = spans.map(({ name, attributes, events, status }) => ({ name, attributes, events, status }));
    expectNoSecret(JSON.stringify(shown));
  });

  test("gets the metrics of the conventions, in seconds, and our own counters", async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const meterProvider = new MeterProvider({ readers: [reader] });
    onTestFinished(() => meterProvider.shutdown());
    stopAfterTest(meterConnections({ meterProvider }));
    await causeEveryEvent();
    await meterProvider.forceFlush();

    const recorded = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics[0]?.metrics ?? []);
    const { database } = connectTo(proxy);
    const counts = recorded.map(({ descriptor, dataPoints }) => {
      for (const { attributes } of dataPoints) {
        expect(attributes).toMatchObject({
          "db.client.connection.pool.name": database,
          "db.system.name": "postgresql",
          "server.port": proxy.port,
        });
      }
      const count = dataPoints
        .map(({ value }) => (typeof value === "number" ? value : value.count))
        .reduce((sum, part) => sum + part, 0);
      return [descriptor.name, descriptor.unit, count];
    });
    expect(counts).toEqual([
      ["db.client.connection.create_time", "s", 2],
      ["db.client.connection.wait_time", "s", 4],
      ["db.client.connection.use_time", "s", 4],
      ["db.client.connection.timeouts", "{timeout}", 1],
      ["rds_proxy.connect.retries", "{attempt}", 1],
      ["rds_proxy.connect.failures", "{connection}", 1],
      ["rds_proxy.connection.validations", "{validation}", 3],
      ["rds_proxy.connection.discards", "{connection}", 2],
      ["rds_proxy.connection.pins", "{connection}", 1],
      ["rds_proxy.connection.kept_states", "{state}", 1],
    ]);
    expectNoSecret(JSON.stringify(recorded));
  });

  test("names the span of a MySQL user without a database only `connect`", async () => {
    const exporter = new InMemorySpanExporter();
    const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    onTestFinished(() => tracerProvider.shutdown());
    stopAfterTest(traceConnections({ tracerProvider }));
    const { endpoint } = resolveOptions({ ...connectTo(proxy), database: undefined }, "mysql");
    emitEvent("connect", endpoint, () => ({
      attempts: 1,
      durationMs: 20,
      attemptDurationMs: 20,
      failedAttempts: [],
    }));
    const [span] = exporter.getFinishedSpans();
    expect(span?.name).toBe("connect");
    expect(span?.attributes["db.system.name"]).toBe("mysql");
    expect(span?.duration).toEqual([0, 20_000_000]);
  });
});
