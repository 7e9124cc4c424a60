import { writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { tally } from "@rds-proxy/lambda-kit/fleet";
import type { Engine } from "../engines.js";
import { columnsOf, printWrapped } from "../output/columns.js";
import type { Progress } from "../output/progress.js";
import type { Running } from "../running.js";
import { contenders } from "./contenders.js";
import { stormFigures } from "./figures.js";
import { playContender, type Stage } from "./play-contender.js";
import { renderProgress } from "./progress-bar.js";
import { renderChart } from "./render-chart.js";
import { renderPage } from "./render-page.js";
import { renderResults } from "./render-results.js";
import type { StormConditions, StormResult } from "./result.js";
import type { StormOptions } from "./storm-options.js";

/** How long the environments are invoked before and after the freeze. */
const surgesMs = [5000, 4000] as const;

/** Measures the same storm for each contender; resolves with whether every invocation with `rdsProxy()` was answered. */
export async function runStorm(
  engine: Engine,
  options: StormOptions,
  running: Running,
  progress: Progress,
): Promise<boolean> {
  const { environments, maxConnections, loginsPerSecond, outputFile } = options;
  printWrapped(
    `${environments} simulated execution environments are invoked at once, and again after a freeze of 40 minutes. ` +
      `The server accepts ${maxConnections} connections. The proxy shares them and accepts ${loginsPerSecond} logins a second.\n`,
  );
  const database = await progress.show(
    "Start the database",
    running.start(engine.startSmallDatabase(maxConnections), (started) => started.stop()),
  );
  const results = await playAll({ engine, database, options, running, surgesMs }, progress);
  const conditions: StormConditions = {
    server: database.version,
    environments,
    maxConnections,
    loginsPerSecond,
  };
  console.log(`\n${renderResults(results, conditions, columnsOf(process.stdout))}\n`);

  const chart = renderChart(results, conditions);
  if (extname(outputFile) === ".svg") {
    const figures = JSON.stringify(stormFigures(results, conditions), undefined, 1);
    await writeFile(outputFile, `${chart}\n`);
    await writeFile(outputFile.replace(/svg$/, "json"), `${figures}\n`);
  } else await writeFile(outputFile, renderPage(chart, results, conditions));
  printWrapped(
    `The chart is in ${outputFile}. Measured just now on ${conditions.server} and Node.js ${process.versions.node}; ` +
      `the code of all three is in tools/lambda-kit/src/fleet/contenders/${engine.name}.`,
  );
  const ours = results.find(({ contender }) => contender.file === "rds-proxy");
  if (ours?.tally.failed === 0) return true;
  printWrapped(
    "\nSome invocations with rdsProxy() failed, too. On a small or busy computer this many TLS handshakes take longer than " +
      `the function's timeout: try fewer, such as --environments ${Math.ceil(environments / 2)}.`,
  );
  return false;
}

/** One after the other, so that they do not affect each other. */
async function playAll(stage: Stage, progress: Progress): Promise<readonly StormResult[]> {
  const results: StormResult[] = [];
  const [first, second] = stage.surgesMs;
  for (const contender of contenders) {
    const counts = { answered: 0, failed: 0 };
    const startedAt = performance.now();
    const line = (): string =>
      renderProgress(
        {
          name: contender.name,
          shareOfTime: (performance.now() - startedAt) / (first + second),
          ...counts,
        },
        columnsOf(process.stdout),
      );
    const played = playContender(contender, stage, ({ error }) => {
      counts[error === undefined ? "answered" : "failed"] += 1;
    });
    const { outcomes, ...seen } = await progress.show(line, played, () => counts.failed === 0);
    results.push({ contender, tally: tally(outcomes), ...seen });
  }
  return results;
}
