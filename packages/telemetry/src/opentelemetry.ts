import {
  type Attributes,
  type MeterProvider,
  metrics,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import { type ConnectReport, type EventOrigin, onRdsProxyEvent, systemRuntime } from "@rds-proxy/core";
import { createSubscription, type Subscription } from "./subscription.js";

export type { Subscription } from "./subscription.js";

/** The instrumentation scope of what is recorded here. */
const SCOPE = "@rds-proxy/telemetry";

/** Buckets that the conventions advise for durations of database operations, in seconds. */
const BUCKETS = { explicitBucketBoundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] };

export interface TraceConnectionsOptions {
  /** Default: the one that is registered globally, also if that is done later. */
  readonly tracerProvider?: TracerProvider | undefined;
}

export interface MeterConnectionsOptions {
  /** Default: the one that is registered globally; register it first. */
  readonly meterProvider?: MeterProvider | undefined;
}

/**
 * Records a span of kind CLIENT, `connect <database>`, for each connection that is opened or given up, as a child of the
 * span that is active where it was wanted. Failed attempts are its events, `rds_proxy.attempt_failed`. A connection that
 * is warm makes no span.
 *
 * Names: https://opentelemetry.io/docs/specs/semconv/db/database-spans/ (1.45)
 */
export function traceConnections({ tracerProvider = trace }: TraceConnectionsOptions = {}): Subscription {
  const tracer = tracerProvider.getTracer(SCOPE);
  const record = (payload: EventOrigin & ConnectReport, conclude: (span: Span) => void): void => {
    // By the clock of `failedAt`, which a test that fakes time does not fake.
    const endTime = systemRuntime.clock.now();
    const namespace = payload.database;
    const span = tracer.startSpan(namespace === undefined ? "connect" : `connect ${namespace}`, {
      kind: SpanKind.CLIENT,
      startTime: endTime - payload.durationMs,
      attributes: {
        ...serverOf(payload),
        ...(namespace === undefined ? {} : { "db.namespace": namespace }),
        "db.operation.name": "connect",
        "rds_proxy.attempts": payload.attempts,
      },
    });
    for (const { attempt, kind, failedAt, delayMs } of payload.failedAttempts) {
      const attributes: Attributes = { "rds_proxy.attempt": attempt, "error.type": kind };
      if (delayMs !== undefined) attributes["rds_proxy.delay_ms"] = delayMs;
      span.addEvent("rds_proxy.attempt_failed", attributes, failedAt);
    }
    conclude(span);
    span.end(endTime);
  };
  return createSubscription([
    onRdsProxyEvent("connect", (payload) => record(payload, () => undefined)),
    onRdsProxyEvent("failure", (payload) =>
      record(payload, (span) => {
        const { code, message } = payload.error;
        span.setAttribute("error.type", code).setStatus({ code: SpanStatusCode.ERROR, message });
      }),
    ),
  ]);
}

/**
 * Records metrics of connections: the conventions' `create_time`, `wait_time`, `use_time` and `timeouts` below
 * `db.client.connection`, and counters of our own below `rds_proxy`.
 *
 * Names: https://opentelemetry.io/docs/specs/semconv/db/database-metrics/ (1.45)
 */
export function meterConnections({ meterProvider = metrics }: MeterConnectionsOptions = {}): Subscription {
  const meter = meterProvider.getMeter(SCOPE);
  const durations = (name: string, description: string) =>
    meter.createHistogram(name, { description, unit: "s", advice: BUCKETS });
  const counts = (name: string, unit: string, description: string) =>
    meter.createCounter(name, { description, unit });

  const createTime = durations(
    "db.client.connection.create_time",
    "Time to open a connection, once it worked.",
  );
  const waitTime = durations(
    "db.client.connection.wait_time",
    "Time until an invocation had its connection.",
  );
  const useTime = durations("db.client.connection.use_time", "Time that an invocation had its connection.");
  const timeouts = counts(
    "db.client.connection.timeouts",
    "{timeout}",
    "Invocations that waited in vain for a free connection of their process.",
  );
  const retries = counts(
    "rds_proxy.connect.retries",
    "{attempt}",
    "Failed attempts to connect that were followed by another one.",
  );
  const failures = counts("rds_proxy.connect.failures", "{connection}", "Connections that were given up.");
  const validations = counts(
    "rds_proxy.connection.validations",
    "{validation}",
    "Idle connections that were asked for a sign of life.",
  );
  const discards = counts(
    "rds_proxy.connection.discards",
    "{connection}",
    "Connections that were thrown away.",
  );

  return createSubscription([
    onRdsProxyEvent("connect", (payload) =>
      createTime.record(payload.attemptDurationMs / 1000, poolOf(payload)),
    ),
    onRdsProxyEvent("acquire", (payload) => {
      if (payload.error === undefined) waitTime.record(payload.durationMs / 1000, poolOf(payload));
    }),
    onRdsProxyEvent("release", (payload) => useTime.record(payload.useMs / 1000, poolOf(payload))),
    onRdsProxyEvent("wait", (payload) => {
      if (!payload.isServed) timeouts.add(1, poolOf(payload));
    }),
    onRdsProxyEvent("retry", (payload) => retries.add(1, { ...poolOf(payload), "error.type": payload.kind })),
    onRdsProxyEvent("failure", (payload) =>
      failures.add(1, { ...poolOf(payload), "error.type": payload.error.code }),
    ),
    onRdsProxyEvent("validate", (payload) =>
      validations.add(1, { ...poolOf(payload), "rds_proxy.is_alive": payload.isAlive }),
    ),
    onRdsProxyEvent("discard", (payload) =>
      discards.add(1, { ...poolOf(payload), "rds_proxy.reason": payload.reason }),
    ),
  ]);
}

function serverOf({ engine, host, port }: EventOrigin): Attributes {
  return {
    "db.system.name": engine === "postgres" ? "postgresql" : "mysql",
    "server.address": host,
    "server.port": port,
  };
}

/** A pool without a name is called after its database, else after its server. */
function poolOf(origin: EventOrigin): Attributes {
  const { database = `${origin.host}:${origin.port}` } = origin;
  return { ...serverOf(origin), "db.client.connection.pool.name": database };
}
