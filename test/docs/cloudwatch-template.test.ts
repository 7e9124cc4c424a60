import { readFile } from "node:fs/promises";
import { METRIC_UNITS } from "@rds-proxy/telemetry/powertools-metrics";
import { expect, test } from "vitest";

/**
 * Metrics of a proxy whose only dimension is its name.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.monitoring.html
 */
const RDS_METRICS = [
  "ClientConnections",
  "ClientConnectionsSetupFailedAuth",
  "DatabaseConnections",
  "DatabaseConnectionsBorrowLatency",
  "DatabaseConnectionsCurrentlyBorrowed",
  "DatabaseConnectionsCurrentlySessionPinned",
  "MaxDatabaseConnectionsAllowed",
];

const OUR_NAMESPACE = { Ref: "Namespace" };

const template: unknown = JSON.parse(
  await readFile(new URL("../../examples/cloudwatch/template.json", import.meta.url), "utf8"),
);

/** Every object and array of a JSON value, the value itself included. */
function* partsOf(value: unknown): Generator<object> {
  if (typeof value !== "object" || value === null) return;
  yield value;
  for (const inner of Object.values(value)) yield* partsOf(inner);
}

const parts = [...partsOf(template)];

/** Namespace and name of each metric: in a widget, in an alarm, in a search. */
const metrics = parts.flatMap((part): [namespace: unknown, name: unknown][] => {
  if (Array.isArray(part) && (part[2] === "service" || part[2] === "ProxyName")) return [[part[0], part[1]]];
  if ("MetricName" in part && "Namespace" in part) return [[part.Namespace, part.MetricName]];
  const search = "Fn::Sub" in part ? /MetricName="(\w+)"/.exec(String(part["Fn::Sub"])) : null;
  return search ? [[OUR_NAMESPACE, search[1]]] : [];
});

test("each metric of the dashboard and the alarms is one that is emitted", () => {
  for (const [namespace, name] of metrics) {
    if (namespace === "AWS/RDS") expect(RDS_METRICS).toContain(name);
    else {
      expect(namespace).toEqual(OUR_NAMESPACE);
      expect(Object.keys(METRIC_UNITS)).toContain(name);
    }
  }
});

test("each metric that is emitted is on the dashboard or in an alarm", () => {
  const shown = metrics.map(([, name]) => name);
  expect(Object.keys(METRIC_UNITS).filter((name) => !shown.includes(name))).toEqual([]);
});

test("refers to nothing but its own parameters and those of AWS", () => {
  const parameters = Object.keys(Object(Reflect.get(Object(template), "Parameters")));
  const references = parts.flatMap((part) => {
    if ("Ref" in part) return [String(part.Ref)];
    if ("Fn::Sub" in part) {
      return [...String(part["Fn::Sub"]).matchAll(/\$\{([\w:]+)\}/g)].map(([, name]) => name ?? "");
    }
    return [];
  });
  expect(new Set(references)).toEqual(new Set([...parameters, "AWS::Region"]));
});

test("the package's README names each metric with its unit", async () => {
  const page = await readFile(new URL("../../packages/telemetry/README.md", import.meta.url), "utf8");
  for (const [name, unit] of Object.entries(METRIC_UNITS))
    expect(page).toContain(`| \`${name}\` | ${unit} |`);
});
