import type { Metrics } from "@aws-lambda-powertools/metrics";
import { type ConnectPhase, onRdsProxyEvent } from "@rds-proxy/core";
import { createSubscription, type TelemetrySubscription } from "./subscription.js";

export type { TelemetrySubscription } from "./subscription.js";

/**
 * The metrics and their units. The prefix avoids collisions with a function's own metrics: Powertools throws if a name has two
 * units.
 */
export const METRIC_UNITS = {
  RdsProxyConnects: "Count",
  RdsProxyConnectDuration: "Milliseconds",
  RdsProxyConnectRetries: "Count",
  RdsProxyConnectFailures: "Count",
  RdsProxyTokensSigned: "Count",
  RdsProxyAcquireDuration: "Milliseconds",
  RdsProxyAcquireFailures: "Count",
  RdsProxySlotWait: "Milliseconds",
  RdsProxySlotTimeouts: "Count",
  RdsProxyValidations: "Count",
  RdsProxyValidationFailures: "Count",
  RdsProxyDiscards: "Count",
  RdsProxyPins: "Count",
  RdsProxyKeptStates: "Count",
  RdsProxyUseDuration: "Milliseconds",
} as const;

/** A metric of {@link emitMetrics}. */
export type RdsProxyMetricName = keyof typeof METRIC_UNITS;

/**
 * Adds metrics of connections to a `Metrics` of Powertools, with its namespace, service and default dimensions. Powertools
 * writes them when it publishes `metrics`: with `logMetrics`, used before `rdsProxy()`, after each invocation.
 *
 * `RdsProxyConnectRetries`, `RdsProxyConnectFailures`, `RdsProxyPins` and `RdsProxyKeptStates` are also written immediately,
 * once more, with the dimension `cause`: the kind of the failure, the code of the error, or the kind of the statement.
 * Retries and failures whose phase is known are written another time with the dimension `phase`.
 *
 * @example
 * emitMetrics(metrics);
 * export const handler = middy().use(logMetrics(metrics)).use(rdsProxy()).handler(work);
 */
export function emitMetrics(metrics: Pick<Metrics, "addMetric" | "singleMetric">): TelemetrySubscription {
  const add = (name: RdsProxyMetricName, value = 1): void => {
    metrics.addMetric(name, METRIC_UNITS[name], value);
  };
  const addBy = (dimension: "cause" | "phase", name: RdsProxyMetricName, value: string): void => {
    metrics.singleMetric().addDimension(dimension, value).addMetric(name, METRIC_UNITS[name], 1);
  };
  const addByCause = (name: RdsProxyMetricName, cause: string, phase?: ConnectPhase): void => {
    add(name);
    addBy("cause", name, cause);
    if (phase) addBy("phase", name, phase);
  };
  return createSubscription([
    onRdsProxyEvent("sign", () => add("RdsProxyTokensSigned")),
    onRdsProxyEvent("connect", ({ durationMs }) => {
      add("RdsProxyConnects");
      add("RdsProxyConnectDuration", durationMs);
    }),
    onRdsProxyEvent("retry", ({ kind, phase }) => addByCause("RdsProxyConnectRetries", kind, phase)),
    onRdsProxyEvent("failure", ({ error }) => addByCause("RdsProxyConnectFailures", error.code, error.phase)),
    onRdsProxyEvent("wait", ({ durationMs, isServed }) => {
      add("RdsProxySlotWait", durationMs);
      if (!isServed) add("RdsProxySlotTimeouts");
    }),
    onRdsProxyEvent("acquire", ({ durationMs, error }) => {
      if (error === undefined) add("RdsProxyAcquireDuration", durationMs);
      else add("RdsProxyAcquireFailures");
    }),
    onRdsProxyEvent("validate", ({ isAlive }) => {
      add("RdsProxyValidations");
      if (!isAlive) add("RdsProxyValidationFailures");
    }),
    onRdsProxyEvent("discard", () => add("RdsProxyDiscards")),
    onRdsProxyEvent("pin", ({ kind }) => addByCause("RdsProxyPins", kind)),
    onRdsProxyEvent("keep", ({ state }) => {
      for (const kind of state) addByCause("RdsProxyKeptStates", kind);
    }),
    onRdsProxyEvent("release", ({ useMs }) => add("RdsProxyUseDuration", useMs)),
  ]);
}
