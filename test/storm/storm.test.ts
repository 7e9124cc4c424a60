import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { postgres } from "../../demo/databases/postgres.js";
import { startDatabase } from "../../demo/databases/start-database.js";
import { engines } from "../../demo/engines.js";
import { bundle } from "../../demo/environments/bundle.js";
import { Running } from "../../demo/running.js";
import { type Contender, contenders, environmentSource, workerSource } from "../../demo/storm/contenders.js";
import { playContender, type StormRecord } from "../../demo/storm/play-contender.js";
import { tally } from "../../demo/storm/tally.js";

/** The demo's users may have 8 sessions each. */
const sessionLimit = 8;
const environments = 12;

const running = new Running();
const sources = [workerSource, ...contenders.map(({ file }) => environmentSource("postgres", file))];
let play: (contender: Contender) => Promise<StormRecord>;

beforeAll(async () => {
  const [engine] = engines;
  if (engine?.name !== "postgres") throw new Error("the first engine is not PostgreSQL");
  const server = { ...inject("postgres"), stop: async () => undefined };
  const [database, bundles] = await Promise.all([
    running.start(startDatabase({ ...postgres, startServer: async () => server }), (started) =>
      started.stop(),
    ),
    running.start(bundle(sources), (files) => files.remove()),
  ]);
  const options = { environments, maxConnections: sessionLimit, loginsPerSecond: 1000, outputFile: "" };
  play = (contender) =>
    playContender(
      contender,
      { engine, database, bundles, options, running, surgesMs: [300, 300] },
      () => undefined,
    );
});

afterAll(() => running.stopAll());

test("more environments than connections: straight at the server some are refused, with rdsProxy() all are answered", async () => {
  const [direct, , rdsProxy] = contenders;
  if (direct?.file !== "direct" || rdsProxy?.file !== "rds-proxy") throw new Error("the contenders changed");

  const refused = await play(direct);
  const { answered, errors } = tally(refused.outcomes);
  expect(answered).toBeGreaterThanOrEqual(sessionLimit);
  expect(errors.map(([message]) => message)).toContainEqual(expect.stringContaining("too many connections"));
  expect(Math.max(...refused.samples.map(({ connections }) => connections))).toBeLessThanOrEqual(
    sessionLimit,
  );

  const served = await play(rdsProxy);
  expect(tally(served.outcomes).errors).toEqual([]);
  // Each was invoked before the freeze, and after it.
  expect(served.outcomes.length).toBeGreaterThanOrEqual(2 * environments);
});
