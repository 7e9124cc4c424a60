import { bundleFunction } from "@rds-proxy/lambda-kit/bundling";
import type { Database } from "./databases/database.js";
import type { Engine } from "./engines.js";
import { columnsOf, printWrapped } from "./output/columns.js";
import type { Progress } from "./output/progress.js";
import { hasHeld, type Result, renderResults } from "./output/results.js";
import type { Running } from "./running.js";
import { type Side, startSide } from "./side.js";
import { abandonedOrder } from "./steps/abandoned-order.js";
import { abandonedQuery } from "./steps/abandoned-query.js";
import { coldStart } from "./steps/cold-start.js";
import { exhaustedSlots } from "./steps/exhausted-slots.js";
import { expiredToken } from "./steps/expired-token.js";
import { freezeAndThaw } from "./steps/freeze-and-thaw.js";
import type { Step } from "./steps/step.js";
import { warmInvocations } from "./steps/warm-invocations.js";

const steps: readonly Step[] = [
  coldStart,
  warmInvocations,
  freezeAndThaw,
  expiredToken,
  exhaustedSlots,
  abandonedOrder,
  abandonedQuery,
];

interface Stage {
  readonly database: Database;
  readonly ours: Side;
  readonly snippet: Side;
  readonly keptToken: Side;
}

/** Runs all steps and resolves with whether `rdsProxy()` kept its promise in each. */
export async function runDemo(engine: Engine, running: Running, progress: Progress): Promise<boolean> {
  printWrapped(
    "Two Lambda functions, each in a process of its own, connect through a local RDS Proxy (TLS, IAM tokens checked) " +
      "to a real database. One uses rdsProxy(), the other the usual snippet. No AWS account is involved.\n",
  );
  const stage = await progress.show(
    "Start the database and the proxies, bundle the functions",
    setUp(engine, running),
  );
  const results = await playAll(stage, progress);
  const failed = results.filter(({ ours }) => !hasHeld(ours));

  console.log(`\n${renderResults(results, columnsOf(process.stdout))}\n`);
  printWrapped(
    `Measured just now on ${stage.database.version} and Node.js ${process.versions.node}. ` +
      "Only the clocks are advanced; " +
      "everything else is real: TLS, signed tokens, frozen processes, dead sockets, refused sessions, committed rows.\n\n" +
      `The usual snippet: ${engine.snippet}.\n` +
      `Its code is in tools/lambda-kit/src/snippets, its handlers are in demo/handlers/${engine.name}.\n`,
  );
  if (failed.length > 0) {
    console.log(
      `rdsProxy() did not keep its promise in: ${failed.map(({ step }) => step.title).join("; ")}.`,
    );
    return false;
  }
  console.log("Next: README.md shows how to use rdsProxy() in a function of your own.");
  return true;
}

async function setUp({ name, handlers, startDatabase }: Engine, running: Running): Promise<Stage> {
  const bundle = async (handlerFile: string): Promise<string> => {
    const bundling = bundleFunction(handlerFile, { minify: true });
    return (await running.start(bundling, (program) => program.remove())).file;
  };
  const [database, withRdsProxy, withSnippet, withKeptToken] = await Promise.all([
    running.start(startDatabase(), (started) => started.stop()),
    bundle(handlers.withRdsProxy),
    bundle(handlers.withSnippet),
    bundle(handlers.withKeptToken),
  ]);
  const start = (program: string): Promise<Side> =>
    running.start(startSide(name, database, program), (side) => side.stop());
  return {
    database,
    ours: await start(withRdsProxy),
    snippet: await start(withSnippet),
    keptToken: await start(withKeptToken),
  };
}

async function playAll(stage: Stage, progress: Progress): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const [index, step] of steps.entries()) {
    const label = `${index + 1}/${steps.length} ${step.title}: ${step.explanation}`;
    const played = progress.show(label, play(step, stage), (all) => all.every(({ ours }) => hasHeld(ours)));
    results.push(...(await played));
  }
  return results;
}

/** One side after the other, so that they do not affect each other's times. */
async function play(step: Step, { ours, snippet, keptToken }: Stage): Promise<readonly Result[]> {
  const result = { step, ours: await step.run(ours), snippet: await step.run(snippet) };
  if (step !== expiredToken) return [result];
  const variant = {
    title: `${step.title}, common variant`,
    explanation: "one token, signed at cold start and kept",
  };
  return [result, { step: variant, ours: undefined, snippet: await step.run(keptToken) }];
}
