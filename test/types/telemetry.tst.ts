import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { onRdsProxyEvent, type RdsProxyError } from "@rds-proxy/core";
import { logEvents } from "@rds-proxy/telemetry/logger";
import { emitMetrics, type TelemetrySubscription } from "@rds-proxy/telemetry/powertools-metrics";
import pino from "pino";
import { expectTypeOf } from "vitest";

// The usual loggers need no adapter.
logEvents(console);
logEvents(pino(), { level: "info" });
logEvents(new Logger());
// @ts-expect-error A logger has all four levels.
logEvents({ debug: () => undefined });
// @ts-expect-error Warnings and errors keep their own levels.
logEvents(console, { level: "warn" });

expectTypeOf(emitMetrics(new Metrics())).toEqualTypeOf<TelemetrySubscription>();

// Each payload is typed by the event's name.
onRdsProxyEvent("failure", ({ error, host, attempts }) => {
  expectTypeOf(error).toEqualTypeOf<RdsProxyError>();
  expectTypeOf(host).toEqualTypeOf<string>();
  expectTypeOf(attempts).toEqualTypeOf<number>();
});
