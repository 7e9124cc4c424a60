import { inspect } from "node:util";
import { expect, inject, test } from "vitest";
import type { ProfileSettings } from "../../packages/local-proxy/src/options/profile.js";
import { testedEngines } from "../support/tested-engines.js";
import { checkSettings, eachOf, probeLocally } from "./check-settings.js";
import { traitsOf } from "./server-traits.js";
import { randomSettings, singleSettings } from "./settings.js";

const atATime = 6;

test.each(testedEngines)(
  "%s: a probe recovers each switch by itself, and random settings of all of them",
  async (engine) => {
    const server = inject(engine);
    const seed = Date.now() % 2 ** 31;
    const traits = await traitsOf(engine, server);
    const wrong: [ProfileSettings, readonly string[]][] = [];
    const all = [...singleSettings(engine), ...randomSettings(engine, 10, seed)];
    await eachOf(all, atATime, async (settings) => {
      const differences = await checkSettings(engine, server, traits, settings);
      if (differences.length > 0) wrong.push([settings, differences]);
    });
    expect(wrong, inspect({ seed, wrong }, { depth: 9 })).toEqual([]);
  },
  600_000,
);

test.each(testedEngines)(
  "%s: a local proxy that loads the profile behaves as the probed one, and the profile names nothing of the user's",
  async (engine) => {
    const upstream = inject(engine);
    const [settings] = randomSettings(engine, 1, 4);
    const { profile } = await probeLocally({ engine, upstream, user: "mathilda", ...settings });
    const again = await probeLocally({ engine, upstream, user: "mathilda", profile });
    expect(again.profile).toEqual(profile);
    const text = JSON.stringify(profile);
    for (const name of ["mathilda", "localhost", "127.0.0.1", "us-east-1", "ASIA"]) {
      expect(text).not.toContain(name);
    }
  },
  120_000,
);
