import { inspect } from "node:util";
import { probe } from "@rds-proxy/doctor";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import { expect, inject, test } from "vitest";
import { testedEngines } from "../support/tested-engines.js";
import { checkSettings, eachOf, probeLocally } from "./check-settings.js";
import { traitsOf } from "./server-traits.js";
import { randomSettings, type Settings, singleSettings } from "./settings.js";

const AT_A_TIME = 6;

test.each(testedEngines)(
  "%s: a probe recovers each switch by itself, and random settings of all of them",
  async (engine) => {
    const server = inject(engine);
    const seed = Date.now() % 2 ** 31;
    const traits = await traitsOf(engine, server);
    const wrong: [Settings, readonly string[]][] = [];
    const all = [...singleSettings(engine), ...randomSettings(engine, 10, seed)];
    await eachOf(all, AT_A_TIME, async (settings) => {
      const differences = await checkSettings(engine, server, traits, settings);
      if (differences.length > 0) wrong.push([settings, differences]);
    });
    expect(wrong, inspect({ seed, wrong }, { depth: 9 })).toEqual([]);
  },
  600_000,
);

test.each(testedEngines)(
  "%s: a local proxy that loads the profile behaves as the probed one, and the profile names nobody",
  async (engine) => {
    const upstream = inject(engine);
    const [settings] = randomSettings(engine, 1, 4);
    // Which names the user there, but is not sent as a value.
    const { profile } = await probeLocally({ engine, upstream, user: "mathilda", ...settings });
    const again = await probeLocally({ engine, upstream, user: "mathilda", profile });
    expect(again.profile).toEqual(profile);
    const text = JSON.stringify(profile);
    for (const name of ["mathilda", "localhost", "127.0.0.1", "us-east-1", "ASIA", upstream.password ?? ""]) {
      expect(text).not.toContain(name);
    }
  },
  600_000,
);

test.each(testedEngines)(
  "%s: where clients share no connections, nothing is said of pinning",
  async (engine) => {
    const upstream = inject(engine);
    for (const options of [{ multiplexing: false }, { pinning: { statementLimit: 20 } }]) {
      const { outcome, profile } = await probeLocally({ engine, upstream, ...options });
      expect(outcome).toBe("probed");
      expect(profile?.settings).toMatchObject({ tokenLifetime: "fixed" });
      expect(profile?.settings).not.toHaveProperty("pinning");
      expect(profile?.settings).not.toHaveProperty("unnamedStatement");
      expect(profile?.undecided).toMatchObject({
        "pinning.statementLimit": expect.stringContaining("keep their database connections"),
      });
    }
  },
  120_000,
);

test.each(testedEngines)("%s: with two connections, what pins is not decided", async (engine) => {
  const proxy = await startLocalProxy({ engine, upstream: inject(engine) });
  const { profile } = await probe({ ...proxy.connectionOptions, engine, maxConnections: 2 });
  await proxy.close();
  expect(profile?.undecided["pinning.statementLimit"]).toBe(
    "pinning cannot be seen with fewer than 3 connections",
  );
});

test.each(testedEngines)(
  "%s: no more connections are open at a time than allowed",
  async (engine) => {
    const proxy = await startLocalProxy({ engine, upstream: inject(engine) });
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, proxy.clients().length);
    });
    const { connections } = await probe({ ...proxy.connectionOptions, engine, maxConnections: 3 });
    clearInterval(watch);
    await proxy.close();
    expect(connections).toBeGreaterThan(10);
    expect(most).toBeLessThanOrEqual(3);
  },
  120_000,
);
