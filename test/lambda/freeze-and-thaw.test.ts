import { ExecutionEnvironment, InvocationError } from "@rds-proxy/lambda-kit/environment";
import { type ProxyBehindGate, startProxyBehindGate } from "@rds-proxy/lambda-kit/network";
import { beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { adapters, type TestedAdapter } from "../support/adapters.js";
import { bundleHandler } from "../support/bundle-handler.js";
import { isDocumented } from "../support/documented-errors.js";
import type { Script } from "../support/handlers/scripted-handler.js";
import { onTestedEngines } from "../support/tested-engines.js";

const MINUTE_MS = 60_000;
const ONE: Script = { steps: [{ query: "select 1 as one" }] };
const SLEEP = { postgres: "select pg_sleep(0.1)", mysql: "select sleep(0.1)" };

/** For a frozen invocation: long enough to finish, short enough to wait for those that cannot. */
const UNDER_WAY = { timeoutMs: 1500 };

/** An execution environment and the proxy that it talks to. */
interface Stage extends ProxyBehindGate {
  readonly lambda: ExecutionEnvironment;
  /** One more environment behind the same proxy. */
  startAnother(): Promise<ExecutionEnvironment>;
}

/** A point in the life of an environment at which it is frozen. */
interface Point {
  readonly name: string;
  /** Whether the first connection is opened during the initialisation. */
  readonly prefetch?: boolean;
  /** Whether the client has not sent its token yet. */
  readonly isBeforeLogin?: boolean;
  /** Database sessions that the proxy has. */
  readonly slots?: number;
  /** Freezes the environment at this point; resolves with the running invocation, if there is one. */
  readonly freeze: (stage: Stage, sleep: string) => Promise<{ underWay?: Promise<unknown> }>;
}

async function freezeInside({ lambda }: Stage, script: Script): Promise<{ underWay: Promise<unknown> }> {
  await lambda.invoke(ONE);
  const isFrozen = lambda.untilFrozen();
  const underWay = lambda.invoke(script, UNDER_WAY);
  await isFrozen;
  return { underWay };
}

const points: readonly Point[] = [
  {
    name: "while idle",
    async freeze({ lambda }) {
      await lambda.invoke(ONE);
      lambda.freeze();
      return {};
    },
  },
  {
    name: "in the init's prefetch",
    prefetch: true,
    isBeforeLogin: true,
    async freeze({ lambda, proxy }) {
      await expect.poll(() => proxy.metrics().ClientConnectionsReceived).toBe(1);
      lambda.freeze();
      return {};
    },
  },
  {
    name: "in a handshake",
    isBeforeLogin: true,
    async freeze({ lambda, proxy }) {
      const underWay = lambda.invoke(ONE, UNDER_WAY);
      await expect.poll(() => proxy.metrics().ClientConnectionsReceived).toBe(1);
      lambda.freeze();
      return { underWay };
    },
  },
  {
    name: "in a login that waits for a slot",
    slots: 1,
    async freeze({ lambda, proxy, startAnother }) {
      const other = await startAnother();
      const isHolding = other.untilFrozen();
      const held = other.invoke({ steps: [{ query: "begin" }, "freeze"] });
      await isHolding;
      const underWay = lambda.invoke(ONE, UNDER_WAY);
      await expect.poll(() => proxy.metrics().DatabaseConnectionRequestsWaiting).toBe(1);
      lambda.freeze();
      const released = expect(held).rejects.toThrow();
      await other.stop();
      await released;
      return { underWay };
    },
  },
  {
    name: "in a query",
    freeze: (stage, sleep) => freezeInside(stage, { steps: [{ send: sleep }, "freeze", "await"] }),
  },
  {
    name: "between `before` and the handler",
    freeze: (stage) => freezeInside(stage, { ...ONE, freezeIn: "before" }),
  },
  {
    name: "in `after`",
    freeze: (stage) => freezeInside(stage, { steps: [{ query: "begin" }], freezeIn: "after" }),
  },
];

/** What the server's side does during the freeze. */
interface Deed {
  readonly deed: string;
  /** By the wall clock. Default: a minute, which exceeds the timeout of a running invocation. */
  readonly frozenForMs?: number;
  /** Whether connections stay usable. */
  readonly isHarmless?: boolean;
  /** Whether the environment's access key becomes invalid. Lambda gives a running environment no other. */
  readonly endsKey?: boolean;
  readonly act: (stage: Stage) => unknown;
}

const deeds: readonly Deed[] = [
  { deed: "does nothing", isHarmless: true, act: () => undefined },
  { deed: "does nothing for a moment", isHarmless: true, frozenForMs: 0, act: () => undefined },
  { deed: "closes (FIN)", act: ({ gate }) => gate.cut("fin") },
  { deed: "resets (RST)", act: ({ gate }) => gate.cut("rst") },
  { deed: "resets (RST) at once", frozenForMs: 0, act: ({ gate }) => gate.cut("rst") },
  { deed: "goes silent", act: ({ gate }) => gate.cut("silence") },
  {
    deed: "says that it shuts down",
    async act({ proxy }) {
      await expect.poll(() => proxy.faults.killConnections("admin-shutdown")).toBe(0);
    },
  },
  {
    deed: "restarts",
    async act({ gate }) {
      await gate.goAway();
      await gate.comeBack();
    },
  },
  {
    deed: "rotates the access key",
    isHarmless: true,
    endsKey: true,
    frozenForMs: 0,
    act: ({ proxy }) => proxy.rotateCredentials(),
  },
  {
    deed: "lets the token age",
    isHarmless: true,
    frozenForMs: 20 * MINUTE_MS,
    act: () => undefined,
  },
];

const cells = points.flatMap((point) =>
  deeds.flatMap((deed) =>
    // The next invocation waits for the end of a running one in any case.
    (point.name === "while idle" || point.prefetch
      ? (["before", "after"] as const)
      : (["before"] as const)
    ).map((sent) => ({ ...deed, point, where: point.name, sent })),
  ),
);

/** The deeds of every run. An ORM gets fewer: its driver's connections get all. */
const DEEDS = ["closes (FIN)", "resets (RST)", "goes silent", "restarts", "lets the token age"];
const ORM_DEEDS = ["closes (FIN)", "goes silent"];

/** The whole matrix with `npm run test:freezes`. */
function cellsFor(over: string | undefined): typeof cells {
  if (process.env["TEST_FREEZES"] === "all") return cells;
  const chosen = over === undefined ? DEEDS : ORM_DEEDS;
  return cells.filter(({ deed, sent }) => chosen.includes(deed) && (sent === "before" || over === undefined));
}

describe.each(onTestedEngines<TestedAdapter>(adapters))("$name", ({ engine, handlerFile, over }) => {
  let bundle: string;
  beforeAll(async () => {
    const { file, remove } = await bundleHandler(handlerFile);
    bundle = file;
    return remove;
  });

  async function setTheStage({ prefetch = false, isBeforeLogin, slots = 10 }: Point): Promise<Stage> {
    const behind = await startProxyBehindGate({ engine, upstream: inject(engine), maxConnections: slots });
    onTestFinished(() => behind.close());
    if (isBeforeLogin) behind.gate.hold();
    const start = async (): Promise<ExecutionEnvironment> => {
      const environment = await ExecutionEnvironment.start({
        program: [bundle],
        variables: { ...behind.environment, TEST_OPTIONS: JSON.stringify({ prefetch }) },
      });
      onTestFinished(async () => {
        expect(await environment.stop(), "standard error").toBe("");
      });
      return environment;
    };
    return { ...behind, lambda: await start(), startAnother: start };
  }

  test.each(cellsFor(over))(
    "frozen $where while the other side $deed; the next invocation is sent $sent the thaw",
    async ({ point, act, isHarmless, endsKey, frozenForMs = MINUTE_MS, sent }) => {
      const stage = await setTheStage(point);
      const { lambda, gate, clock, proxy } = stage;
      const { underWay } = await point.freeze(stage, SLEEP[engine]);
      // A frozen invocation may fail, but in time and with a documented error.
      const settled = underWay?.catch((error: unknown) => {
        if (!(error instanceof InvocationError)) throw error;
        expect(error, error.message).toSatisfy(isDocumented);
      });

      await act(stage);
      clock.advance(frozenForMs);
      gate.release();
      const early = sent === "before" ? lambda.invoke(ONE) : undefined;
      lambda.thaw();
      await settled;
      const next = early ?? lambda.invoke(ONE);
      if (endsKey && point.isBeforeLogin) {
        await expect(next).rejects.toMatchObject({
          code: "RDS_PROXY_AUTHENTICATION_FAILED",
          message: expect.stringMatching(/token age/),
        });
      } else {
        expect(await next).toEqual([{ one: 1 }]);
      }
      if (point.name === "while idle" && isHarmless) expect(proxy.metrics().TokensVerified).toBe(1);
    },
  );
});
