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
import { type ConnectPhase, type ConnectReport, type EventOrigin, onRdsProxyEvent } from "@rds-proxy/core";
import { systemRuntime } from "@rds-proxy/core/internal";
import { createSubscription, type TelemetrySubscription } from "./subscription.js";

export type { TelemetrySubscription } from "./subscription.js";

/** The instrumentation scope. */
const SCOPE = "@rds-proxy/telemetry";

/** Buckets for durations of database operations, in seconds, as the semantic conventions recommend. */
const BUCKETS = { explicitBucketBoundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] };

export interface TraceConnectionsOptions {
  /** @default the global tracer provider, even one that is registered later */
  readonly tracerProvider?: TracerProvider | undefined;
}

export interface MeterConnectionsOptions {
  /** @default the global meter provider, which must be registered before */
  readonly meterProvider?: MeterProvider | undefined;
}

/**
 * Records a span of kind CLIENT, `connect <database>`, for each connect that succeeds or fails, as a child of the span that
 * is active when it starts. Each failed attempt is a span event, `rds_proxy.attempt_failed`. A warm connection has no span.
 *
 * Names: https://opentelemetry.io/docs/specs/semconv/db/database-spans/ (1.45)
 */
export function traceConnections({
  tracerProvider = trace,
}: TraceConnectionsOptions = {}): TelemetrySubscription {
  const tracer = tracerProvider.getTracer(SCOPE);
  const record = (payload: EventOrigin & ConnectReport, finish: (span: Span) => void): void => {
    // The clock of `failedAt`, which fake timers do not change.
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
    for (const { attempt, kind, phase, failedAt, delayMs } of payload.failedAttempts) {
      const attributes: Attributes = { "rds_proxy.attempt": attempt, "error.type": kind, ...phaseOf(phase) };
      if (delayMs !== undefined) attributes["rds_proxy.delay_ms"] = delayMs;
      span.addEvent("rds_proxy.attempt_failed", attributes, failedAt);
    }
    finish(span);
    span.end(endTime);
  };
  return createSubscription([
    onRdsProxyEvent("connect", (payload) => record(payload, () => undefined)),
    onRdsProxyEvent("failure", (payload) =>
      record(payload, (span) => {
        const { code, message, phase } = payload.error;
        span
          .setAttributes({ "error.type": code, ...phaseOf(phase) })
          .setStatus({ code: SpanStatusCode.ERROR, message });
      }),
    ),
  ]);
}

/**
 * Records metrics of connections: `create_time`, `wait_time`, `use_time` and `timeouts` of the conventions, prefixed with
 * `db.client.connection`, and our own counters, prefixed with `rds_proxy`.
 *
 * Names: https://opentelemetry.io/docs/specs/semconv/db/database-metrics/ (1.45)
 */
export function meterConnections({
  meterProvider = metrics,
}: MeterConnectionsOptions = {}): TelemetrySubscription {
  const meter = meterProvider.getMeter(SCOPE);
  const durations = (name: string, description: string) =>
    meter.createHistogram(name, { description, unit: "s", advice: BUCKETS });
  const counts = (name: string, unit: string, description: string) =>
    meter.createCounter(name, { description, unit });

  const createTime = durations(
    "db.client.connection.create_time",
    "Duration of the attempt that opened the connection.",
  );
  const waitTime = durations(
    "db.client.connection.wait_time",
    "Time until an invocation acquired its connection.",
  );
  const useTime = durations(
    "db.client.connection.use_time",
    "Time between the acquire and the release of a connection.",
  );
  const timeouts = counts(
    "db.client.connection.timeouts",
    "{timeout}",
    "Invocations that got no free connection in time.",
  );
  const retries = counts(
    "rds_proxy.connect.retries",
    "{attempt}",
    "Failed attempts to connect that were retried.",
  );
  const failures = counts(
    "rds_proxy.connect.failures",
    "{connection}",
    "Connects that failed after all attempts.",
  );
  const validations = counts(
    "rds_proxy.connection.validations",
    "{validation}",
    "Validations of idle connections.",
  );
  const discards = counts(
    "rds_proxy.connection.discards",
    "{connection}",
    "Connections that were discarded.",
  );

  const pins = counts("rds_proxy.connection.pins", "{connection}", "Sessions that a statement pinned.");
  const keptStates = counts(
    "rds_proxy.connection.kept_states",
    "{state}",
    "Kinds of session state that a released connection kept.",
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
    onRdsProxyEvent("retry", (payload) =>
      retries.add(1, { ...poolOf(payload), "error.type": payload.kind, ...phaseOf(payload.phase) }),
    ),
    onRdsProxyEvent("failure", (payload) =>
      failures.add(1, {
        ...poolOf(payload),
        "error.type": payload.error.code,
        ...phaseOf(payload.error.phase),
      }),
    ),
    onRdsProxyEvent("validate", (payload) =>
      validations.add(1, { ...poolOf(payload), "rds_proxy.is_alive": payload.isAlive }),
    ),
    onRdsProxyEvent("discard", (payload) =>
      discards.add(1, { ...poolOf(payload), "rds_proxy.reason": payload.reason }),
    ),
    onRdsProxyEvent("pin", (payload) =>
      pins.add(1, { ...poolOf(payload), "rds_proxy.reason": payload.kind }),
    ),
    onRdsProxyEvent("keep", (payload) => {
      for (const kind of payload.state) {
        keptStates.add(1, { ...poolOf(payload), "rds_proxy.reason": kind });
      }
    }),
  ]);
}

function phaseOf(phase: ConnectPhase | undefined): Attributes {
  return phase === undefined ? {} : { "rds_proxy.phase": phase };
}

function serverOf({ engine, host, port }: EventOrigin): Attributes {
  return {
    "db.system.name": engine === "postgres" ? "postgresql" : "mysql",
    "server.address": host,
    "server.port": port,
  };
}

/** The name of a pool is its database, or its server for a login without a database. */
function poolOf(origin: EventOrigin): Attributes {
  const { database = `${origin.host}:${origin.port}` } = origin;
  return { ...serverOf(origin), "db.client.connection.pool.name": database };
}
