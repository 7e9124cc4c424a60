import { expect, test } from "vitest";
import { type PinClient, PinTest } from "./pin-test.js";

/** The database connection that a client gets, and what becomes of one that is given back. */
interface Pool {
  take(client: string): string;
  giveBack(client: string, backend: string): void;
}

/** As many idle connections as are named, and the place of the next one. */
function poolOf(idle: string[], next: (idle: readonly string[], client: string) => number): Pool {
  let opened = 0;
  return {
    take: (client) => {
      const at = next(idle, client);
      const [backend] = at < 0 ? [] : idle.splice(at, 1);
      opened += 1;
      return backend ?? `new ${opened}`;
    },
    giveBack: (_client, backend) => {
      idle.push(backend);
    },
  };
}

/** Each client gets its last connection unless another one has it. */
function loyalPool(): Pool {
  const last = new Map<string, string>();
  const idle = new Set<string>();
  return {
    take: (client) => {
      const own = last.get(client);
      const backend = own !== undefined && idle.has(own) ? own : `of ${client}`;
      idle.delete(backend);
      return backend;
    },
    giveBack: (client, backend) => {
      last.set(client, backend);
      idle.add(backend);
    },
  };
}

function clientOf(pool: Pool, name: string, isPinned = false): PinClient {
  let held: string | undefined;
  const take = (): string => (isPinned ? `pinned ${name}` : pool.take(name));
  const giveBack = (backend: string): void => {
    if (!isPinned) pool.giveBack(name, backend);
  };
  return {
    backend: async () => {
      const backend = take();
      giveBack(backend);
      return backend;
    },
    hold: async () => {
      held = take();
      return held;
    },
    release: async () => {
      if (held === undefined) throw new Error(`${name} holds nothing`);
      giveBack(held);
      held = undefined;
    },
  };
}

async function calibrated(pool: Pool, mostHolders = 2): Promise<PinTest | undefined> {
  let holders = 0;
  return await PinTest.calibrate(
    clientOf(pool, "control"),
    async () => clientOf(pool, `holder ${++holders}`),
    mostHolders,
  );
}

function randomPool(size: number, seed: number): Pool {
  let state = seed;
  const random = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
  return poolOf(
    Array.from({ length: size }, (_, index) => `idle ${index}`),
    (idle) => random(idle.length),
  );
}

const pools: readonly (readonly [string, () => Pool])[] = [
  ["the last one given back", () => poolOf([], (idle) => idle.length - 1)],
  ["the first one given back", () => poolOf(["a", "b", "c"], () => 0)],
  ["a random one of 2", () => randomPool(2, 1)],
  ["a random one of 50", () => randomPool(50, 2)],
];

test.each(pools)("pinned sessions are distinguished where clients get %s", async (_, create) => {
  const pool = create();
  const pinTest = await calibrated(pool);
  for (let count = 0; count < 50; count++) {
    expect(await pinTest?.isPinned(clientOf(pool, "free"))).toBe(false);
    expect(await pinTest?.isPinned(clientOf(pool, "pinned", true))).toBe(true);
  }
});

test("where clients keep their connections anyway, nothing is said", async () => {
  expect(await calibrated(loyalPool())).toBeUndefined();
});

test("where every session is pinned, nothing is said", async () => {
  const pool = poolOf([], () => -1);
  const own = clientOf(pool, "control", true);
  let holders = 0;
  const add = async (): Promise<PinClient> => clientOf(pool, `holder ${++holders}`, true);
  expect(await PinTest.calibrate(own, add, 2)).toBeUndefined();
  expect(holders).toBe(2);
});

test("once the control stays where it is, a session that stays is not taken for pinned", async () => {
  const loyal = loyalPool();
  const lively = poolOf([], (idle) => idle.length - 1);
  let isLoyal = false;
  const changing: Pool = {
    take: (client) => (isLoyal ? loyal : lively).take(client),
    giveBack: (client, backend) => (isLoyal ? loyal : lively).giveBack(client, backend),
  };
  const pinTest = await calibrated(changing);
  expect(await pinTest?.isPinned(clientOf(changing, "free"))).toBe(false);
  isLoyal = true;
  expect(await pinTest?.isPinned(clientOf(changing, "free"))).toBeUndefined();
});

test("rare moves take more rounds", async () => {
  const often = await calibrated(poolOf([], (idle) => idle.length - 1));
  expect(often?.rounds).toBe(6);
  let round = 0;
  // One holder in two gets the control's connection.
  const seldom = poolOf(["a"], (idle, client) =>
    client === "control" ? idle.indexOf("a") : round++ % 2 === 0 ? idle.indexOf("a") : -1,
  );
  const test = await calibrated(seldom, 1);
  expect(test?.rounds).toBeGreaterThan(15);
});

test("holders end their transactions when a client fails", async () => {
  const pool = poolOf([], (idle) => idle.length - 1);
  const pinTest = await calibrated(pool);
  const failing: PinClient = {
    ...clientOf(pool, "failing"),
    backend: () => Promise.reject(new Error("lost")),
  };
  await expect(pinTest?.isPinned(failing)).rejects.toThrow("lost");
  expect(await pinTest?.isPinned(clientOf(pool, "free"))).toBe(false);
});
