import { tally } from "@rds-proxy/lambda-kit/fleet";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { postgres } from "../../demo/databases/postgres.js";
import { startDatabase } from "../../demo/databases/start-database.js";
import { engines } from "../../demo/engines.js";
import { Running } from "../../demo/running.js";
import { type Contender, contenders } from "../../demo/storm/contenders.js";
import { playContender, type StormRecord } from "../../demo/storm/play-contender.js";

/** The demo's users may have 8 sessions each. */
const sessionLimit = 8;
const environments = 12;

const running = new Running();
let play: (contender: Contender) => Promise<StormRecord>;

beforeAll(async () => {
  const [engine] = engines;
  if (engine?.name !== "postgres") throw new Error("the first engine is not PostgreSQL");
  const server = { ...inject("postgres"), stop: async () => undefined };
  const database = await running.start(
    startDatabase({ ...postgres, startServer: async () => server }),
    (started) => started.stop(),
  );
  const options = { environments, maxConnections: sessionLimit, loginsPerSecond: 1000, outputFile: "" };
  play = (contender) =>
    playContender(contender, { engine, database, options, running, surgesMs: [300, 300] }, () => undefined);
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
