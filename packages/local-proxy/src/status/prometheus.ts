import type { Metrics } from "../metrics.js";

type MetricName = Exclude<keyof Metrics, "TokensRefused" | "CommitsLost">;

/** Type and help text of each metric. */
const descriptions: Readonly<Record<MetricName, readonly ["counter" | "gauge", string]>> = {
  ClientConnections: ["gauge", "Clients connected now."],
  ClientConnectionsReceived: ["counter", "Connections accepted."],
  ClientConnectionsClosed: ["counter", "Client connections that have ended."],
  ClientConnectionsSetupSucceeded: ["counter", "Logins that succeeded."],
  ClientConnectionsSetupFailedAuth: [
    "counter",
    "Logins refused for their token, password, role or missing TLS.",
  ],
  DatabaseConnectionRequests: ["counter", "Attempts to open a database connection."],
  DatabaseConnectionRequestsWaiting: ["gauge", "Clients that wait for a database connection now."],
  DatabaseConnections: ["gauge", "Database connections open now."],
  DatabaseConnectionsCurrentlyBorrowed: ["gauge", "Database connections that are borrowed now."],
  DatabaseConnectionsBorrowLatency: ["gauge", "Mean wait for a database connection, in microseconds."],
  DatabaseConnectionsCurrentlySessionPinned: ["gauge", "Sessions pinned now."],
  DatabaseConnectionsCurrentlyInTransaction: ["gauge", "Sessions inside a transaction now."],
  DatabaseConnectionsSetupSucceeded: ["counter", "Database logins that succeeded."],
  DatabaseConnectionsSetupFailed: ["counter", "Database logins that failed."],
  DatabaseAvailable: ["gauge", "Whether the latest attempt to use the database succeeded, 1 or 0."],
  MaxDatabaseConnectionsAllowed: ["gauge", "Maximum number of database connections."],
  QueryRequests: ["counter", "Statements."],
  TokensVerified: ["counter", "Tokens that passed every check."],
  DistinctTokens: ["counter", "Distinct tokens presented."],
};

/**
 * The metrics in Prometheus' text format, by CloudWatch's names, so that one dashboard works for both.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function prometheusText({ TokensRefused, CommitsLost, ...metrics }: Metrics): string {
  const lines = Object.entries(metrics).flatMap(([name, value]) => {
    if (!isMetricName(name)) return [];
    const [type, help] = descriptions[name];
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`];
  });
  const refused = countersOf("TokensRefused", "Tokens refused, by reason.", "reason", TokensRefused);
  const lost = countersOf("CommitsLost", "COMMITs that a fault has hit, by fault.", "fault", CommitsLost);
  return `${[...lines, ...refused, ...lost].join("\n")}\n`;
}

function countersOf(
  name: string,
  help: string,
  label: string,
  counts: Readonly<Record<string, number>>,
): string[] {
  const values = Object.entries(counts).map(([value, count]) => `${name}{${label}="${value}"} ${count}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, ...values];
}

function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(descriptions, name);
}
