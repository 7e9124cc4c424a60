import { setTimeout as delay } from "node:timers/promises";
import type { ProxyBehindGate } from "@rds-proxy/lambda-kit/network";
import type { CommitFault, ConnectFault, LocalProxy } from "@rds-proxy/local-proxy";
import type { Random } from "../support/random.js";
import type { OwnUser } from "./own-user.js";
import type { Teller } from "./teller.js";

/** What faults act on. */
export interface World extends ProxyBehindGate {
  readonly engine: "postgres" | "mysql";
  readonly user: OwnUser;
  readonly tellers: readonly [Teller, ...Teller[]];
}

/** A fault. It makes all its choices by `random`, so that a seed reproduces them. */
export interface Fault {
  readonly name: string;
  /** Relative frequency. */
  readonly weight: number;
  /** The only engine that it applies to; default both. */
  readonly engine?: World["engine"];
  /**
   * Causes it and resolves when it is over.
   *
   * @param log gets the details of this occurrence
   */
  strike(world: World, random: Random, log: (details: string) => void): Promise<void> | void;
}

const LOGIN_FAULTS: readonly [ConnectFault, ...ConnectFault[]] = [
  "exhausted",
  "throttled",
  "rate-limited",
  "too-many-clients",
  "borrow-timeout",
  "refused",
  "starting",
  "reset-on-accept",
  "close-before-tls-reply",
  "reset-after-tls",
  "close-after-startup",
  "reset-after-password",
  "close-after-password",
  "silence-after-startup",
  "silence-after-password",
];

/** More than the 15 minutes for which a token is valid. */
const TOKEN_AGE_MS = 16 * 60_000;

/** A fault of the next COMMIT. */
function commitFault(name: string, kinds: readonly [CommitFault, ...CommitFault[]]): Fault {
  return {
    name,
    weight: 2,
    strike({ proxy }, random, log) {
      const kind = random.pick(kinds);
      log(kind);
      proxy.faults.failCommits(kind);
    },
  };
}

const faults: readonly Fault[] = [
  {
    name: "connections end",
    weight: 4,
    strike({ proxy }, random, log) {
      const manner = random.pick(["fin", "rst", "admin-shutdown"]);
      log(`${manner}, ${proxy.faults.killConnections(manner)} of them`);
    },
  },
  {
    name: "connections are reset on their way",
    weight: 2,
    strike({ gate }, _random, log) {
      log(`${gate.cut("rst")} of them`);
    },
  },
  {
    name: "connections go silent",
    weight: 1,
    strike({ gate }, _random, log) {
      log(`${gate.cut("silence")} of them`);
    },
  },
  {
    name: "logins fail",
    weight: 4,
    strike({ proxy }, random, log) {
      const fault = random.pick(LOGIN_FAULTS);
      const times = random.between(1, 4);
      proxy.faults.failConnects(fault, { times });
      // A failed login needs a login.
      log(`${fault}, ${times} times; ${proxy.faults.killConnections("fin")} connections end`);
    },
  },
  {
    name: "a reply is lost",
    weight: 4,
    strike: ({ proxy }) => proxy.faults.loseNextReply(),
  },
  commitFault("a commit is lost", ["reset-before-commit", "close-before-commit"]),
  commitFault("a commit's reply is lost", ["reset-after-commit", "close-after-commit"]),
  // The invocation's time runs out meanwhile.
  commitFault("a commit takes too long", ["silence-before-commit", "silence-after-commit"]),
  {
    name: "statements fail",
    weight: 2,
    engine: "mysql",
    strike({ proxy }, random, log) {
      const fault = random.pick(["read-only", "read-only-mode", "borrow-timeout", "unknown"]);
      const times = random.between(1, 3);
      proxy.faults.failStatements(fault, { times });
      log(`${fault}, ${times} times`);
    },
  },
  {
    name: "the writer is a reader",
    weight: 1,
    async strike({ proxy }, random, log) {
      const durationMs = random.between(50, 400);
      log(`for ${durationMs} ms`);
      proxy.faults.setReadOnly(true);
      await delay(durationMs);
      proxy.faults.setReadOnly(false);
    },
  },
  {
    name: "the database fails over",
    weight: 1,
    async strike({ proxy }, random, log) {
      const durationMs = random.between(50, 400);
      const manner = random.pick(["fin", "rst", "admin-shutdown", "error"]);
      log(`${manner}, ${proxy.faults.beginFailover(manner)} of them, for ${durationMs} ms`);
      await delay(durationMs);
      proxy.faults.endFailover();
    },
  },
  {
    name: "the proxy restarts",
    weight: 1,
    async strike({ proxy, gate }, random, log) {
      const durationMs = random.between(20, 800);
      log(`for ${durationMs} ms`);
      await gate.goAway();
      proxy.faults.killConnections("fin");
      await delay(durationMs);
      await gate.comeBack();
    },
  },
  {
    name: "slots vanish",
    weight: 2,
    async strike({ user, tellers }, random, log) {
      const durationMs = random.between(200, 1500);
      const left = random.between(0, tellers.length - 1);
      log(`all but ${left} for ${durationMs} ms`);
      await user.limitSessions(left === 0 ? 1 : left);
      const sessions = await user.sessions();
      for (const id of sessions.slice(left)) await user.endSession(id);
      await delay(durationMs);
      await user.limitSessions(undefined);
    },
  },
  {
    name: "a database session is ended",
    weight: 3,
    async strike({ user }, random) {
      const [first, ...others] = await user.sessions();
      if (first !== undefined) await user.endSession(random.pick([first, ...others]));
    },
  },
  {
    name: "the access key does not count",
    weight: 1,
    async strike({ proxy, environment }, random, log) {
      const durationMs = random.between(50, 800);
      log(`for ${durationMs} ms; ${proxy.faults.killConnections("rst")} connections are reset`);
      proxy.rotateCredentials();
      await delay(durationMs);
      proxy.setCredentials([keyOf(environment)]);
    },
  },
  {
    name: "tokens age",
    weight: 1,
    strike: ({ clock }) => clock.advance(TOKEN_AGE_MS),
  },
  {
    name: "an environment is frozen",
    weight: 6,
    async strike({ tellers }, random, log) {
      const durationMs = random.between(1, 600);
      log(`for ${durationMs} ms`);
      await random.pick(tellers).freeze(durationMs);
    },
  },
  {
    name: "an environment is taken away",
    weight: 2,
    strike: ({ tellers }, random) => random.pick(tellers).kill(),
  },
];

/** The access key of the environments. */
function keyOf(environment: LocalProxy["environment"]) {
  return {
    accessKeyId: environment["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
    ...(environment["AWS_SESSION_TOKEN"] ? { sessionToken: environment["AWS_SESSION_TOKEN"] } : {}),
  };
}

/**
 * Picks a fault by its weight.
 *
 * @param name the only one that is picked
 */
export function pickFault(engine: World["engine"], random: Random, name?: string): Fault {
  const known = faults.filter(
    (fault) =>
      (fault.engine === undefined || fault.engine === engine) && (name === undefined || fault.name === name),
  );
  const total = known.reduce((sum, { weight }) => sum + weight, 0);
  let drawn = random.next() * total;
  for (const fault of known) {
    drawn -= fault.weight;
    if (drawn < 0) return fault;
  }
  throw new Error(`no fault has the name ${name}`);
}
