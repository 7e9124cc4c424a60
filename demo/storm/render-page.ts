import { shareAnswered } from "@rds-proxy/lambda-kit/fleet";
import { percent } from "./render-results.js";
import type { StormConditions, StormResult } from "./result.js";

/** A self-contained page: the chart, every error message, and the common conditions. */
export function renderPage(
  chart: string,
  results: readonly StormResult[],
  { server, environments, maxConnections, loginsPerSecond }: StormConditions,
): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Storm: ${environments} environments, ${maxConnections} connections</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1f2328; background: #fff; }
svg { max-width: 100%; height: auto; }
td, th { text-align: left; vertical-align: top; padding: 0.2rem 1rem 0.2rem 0; }
td:first-child { text-align: right; }
</style>
</head>
<body>
<h1>${environments} environments against ${maxConnections} connections</h1>
${chart}
${results.map(renderErrors).join("\n")}
<h2>The same for all</h2>
<p>${escapeHtml(server)} with max_connections ${maxConnections}. ${environments} simulated execution environments, each of which
is invoked about once a second and has 10 s for it. All are invoked at once while they are cold, and again after a freeze of
40 minutes, in which the proxy closes idle clients. Both proxies have the same settings: they share connections, check TLS
and tokens, and accept ${loginsPerSecond} logins with a token in a second. AWS has such a limit and does not publish it.</p>
</body>
</html>
`;
}

function renderErrors({ contender, tally }: StormResult): string {
  const rows = tally.errors.map(
    ([message, count]) => `<tr><td>${count} ×</td><td>${escapeHtml(message)}</td></tr>`,
  );
  return `<h2>${escapeHtml(contender.name)}: ${percent(shareAnswered(tally))} answered</h2>
${rows.length === 0 ? "<p>No errors.</p>" : `<table>\n${rows.join("\n")}\n</table>`}`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
