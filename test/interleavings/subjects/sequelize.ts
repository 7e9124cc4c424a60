import { findRdsProxyError } from "@rds-proxy/core";
import { deadlineIn, type Lease, leaseEnded, SessionWatch } from "@rds-proxy/core/adapter";
import pg from "pg";
import { Sequelize } from "sequelize";
import { ConnectionSupervisor } from "../../../packages/adapter-sequelize/src/connection-supervisor.js";
import type {
  OpeningRequest,
  SequelizeDialect,
} from "../../../packages/adapter-sequelize/src/dialects/dialect.js";
import { completeOptions } from "../../../packages/adapter-sequelize/src/options.js";
import { createPooledConnection } from "../../../packages/adapter-sequelize/src/pooled-connection.js";
import { InvocationTracker } from "../../../packages/adapter-sequelize/src/running-invocations.js";
import {
  type ConnectionManager,
  sequelizeInternals,
} from "../../../packages/adapter-sequelize/src/sequelize-internals.js";
import { SequelizeResource } from "../../../packages/adapter-sequelize/src/sequelize-resource.js";
import { sequelizePlaces } from "../../model/pool-machines.js";
import type { Actor } from "../actors.js";
import { codeOf, STATEMENTS } from "../leases.js";
import { clocks, Timer } from "../owned-globals.js";
import type { CreateSubject, Stage } from "../run-schedule.js";
import { simulatedDriver } from "../simulated-driver.js";
import { simulatedOptions } from "../simulated-options.js";
import type { Link } from "../simulated-server.js";
import { Violation } from "../violation.js";

const BUDGET_MS = 10_000;

/** A transaction that an invocation began with a statement of its own while no other ran. */
interface Begun {
  readonly link: Link;
  /** Who ran was changed so often before. */
  readonly changes: number;
}

/** When an invocation asked for a connection. */
interface Request {
  readonly askedAtMs: number;
  /** Whether no other invocation ran. */
  readonly isAlone: boolean;
}

/** The supervisor over Sequelize's own connection manager and pool, with connections of the simulated server. */
export const sequelize: CreateSubject = (stage) => {
  const { maxConnections, server, scheduler, handOuts, faults } = stage;
  const { manager, resource, clock } = createResource(stage);
  handOuts.isPool = true;
  handOuts.checksEnds = false;
  // The pool may keep a connection that was opened for a caller who got another one meanwhile.
  handOuts.keepsProcessAlive = true;
  // An abandoned connect ends after its delay.
  scheduler.checksTimers = false;
  handOuts.mayContinue = (link, holder) => begunBy.get(link) === holder;
  /** Who began the open transaction of a connection. */
  const begunBy = new Map<Link, string>();
  /** What invocations began and did not end, if there is one connection for all statements. */
  const begun = new Map<Actor, Begun>();
  const leases = new Map<Actor, Lease<Sequelize>>();
  /** Those with a lease, and those that wait for one. */
  const running = new Set<Actor>();
  /** Counts the changes of who runs. */
  let changes = 0;
  const ended = new Set<string>();

  const statement = async (actor: Actor, text: string): Promise<void> => {
    const asked = scheduler.moment;
    const request = { askedAtMs: clocks.monotonicMs, isAlone: running.size === 1 };
    const changesBefore = changes;
    let link: Link;
    try {
      link = linkOf(await manager.getConnection({ type: "SELECT" }));
    } catch (error) {
      // Another invocation's may be accepted: Sequelize does not know who sends a statement.
      if (ended.has(actor.name) || !leases.has(actor)) return;
      checkRefusal(actor, error, request);
      return;
    }
    handOuts.handOut(link, actor.name, asked);
    const own = begun.get(actor);
    if (own?.changes === changes && (own.link !== link || !link.hasTransaction)) {
      throw new Violation("transaction", `"${text}" of ${actor.name} is not in its transaction`);
    }
    const left = [...link.settings].find((setting) => ended.has(setting.split(" of ")[1] ?? ""));
    if (left !== undefined) throw new Violation("dirty", `${actor.name} got a connection with "${left}"`);
    try {
      await link.query(`${text} -- of ${actor.name}`);
      if (text === STATEMENTS.commit) begun.delete(actor);
      if (text !== STATEMENTS.begin) return;
      begunBy.set(link, actor.name);
      if (maxConnections === 1 && request.isAlone) begun.set(actor, { link, changes: changesBefore });
    } catch (error) {
      const isExpected = codeOf(error) === "42601" || link.killed || link.isClosed;
      if (!isExpected) throw error;
    } finally {
      handOuts.takeBack(link, actor.name);
      // Sequelize's pool does not know a connection that was destroyed in use.
      if (!link.isClosed) manager.releaseConnection(link);
    }
  };
  const linkOf = (connection: object): Link => {
    const link = server.links.find((each) => each === connection);
    if (!link) throw new Violation("dirty", "the pool gave something that is no connection");
    return link;
  };
  const acquire = async (actor: Actor): Promise<void> => {
    running.add(actor);
    changes++;
    const request = { askedAtMs: clocks.monotonicMs, isAlone: true };
    try {
      leases.set(actor, await resource.acquire(deadlineIn(BUDGET_MS, clock)));
    } catch (error) {
      actor.gaveUp = true;
      running.delete(actor);
      changes++;
      checkRefusal(actor, error, request);
    }
  };
  const checkRefusal = (actor: Actor, error: unknown, { askedAtMs, isAlone }: Request): void => {
    const waitedMs = clocks.monotonicMs - askedAtMs;
    const code = findRdsProxyError(error)?.code;
    const expected: Readonly<Record<string, boolean>> = {
      RDS_PROXY_CLOSED: faults.has("close"),
      RDS_PROXY_UNREACHABLE: true,
      RDS_PROXY_NO_FREE_CONNECTION: Math.min(handOuts.freeMs, waitedMs) <= 1000,
      RDS_PROXY_EXHAUSTED: faults.has("exhaust"),
      RDS_PROXY_REFUSED: faults.has("refuse"),
      // The sender of a statement is unknown while others run, and another one's transaction is open.
      RDS_PROXY_UNSUPPORTED: !isAlone && server.open.some(({ hasTransaction }) => hasTransaction),
    };
    // Sequelize's own error for a transaction that was lost.
    const isLost = codeOf(Object(error).parent) === "ECONNRESET";
    if (isLost || (code !== undefined && expected[code])) return;
    throw new Violation("waiting", `${actor.name} got no connection: ${String(error)}`);
  };
  const end = async (actor: Actor, how: "release" | "destroy"): Promise<void> => {
    const lease = leases.get(actor);
    if (!lease) return;
    leases.delete(actor);
    running.delete(actor);
    changes++;
    const released =
      how === "release" ? lease.release(deadlineIn(2000, clock)) : lease.destroy("destroyed by the program");
    const code = await lease.db.query("select 1").then(() => undefined, codeOf);
    if (code !== "RDS_PROXY_LEASE_ENDED") throw new Violation("revoked", `the view of ${actor.name} works`);
    await released;
    ended.add(actor.name);
  };

  return {
    machines: sequelizePlaces(maxConnections, 5),
    step(actor, name) {
      switch (name) {
        case "acquire":
          return acquire(actor);
        case "query":
        case "begin":
        case "commit":
        case "set":
        case "fail":
          return leases.has(actor) ? statement(actor, STATEMENTS[name]) : undefined;
        case "send":
          if (leases.has(actor)) void statement(actor, STATEMENTS.query);
          return undefined;
        case "release":
        case "destroy":
          return end(actor, name);
        case "prefetch":
          return resource.prefetch();
        case "close-idle":
          return resource.closeIdle();
        case "close":
          leases.clear();
          return resource.close();
        default:
          throw new Error(`sequelize: no step "${name}"`);
      }
    },
    async probe() {
      if (faults.has("close")) return;
      const { _removeIdleTimer: eviction } = manager.pool;
      if (eviction instanceof Timer && eviction.isRef) {
        throw new Violation("ref", "the timer for idle connections keeps the process alive");
      }
      server.faults.length = 0;
      const lease = await resource.acquire(deadlineIn(BUDGET_MS, clock)).catch((error: unknown) => {
        throw new Violation("lost slot", `after the program no connection can be had: ${String(error)}`);
      });
      // All at once.
      const links = await Promise.all(
        Array.from({ length: maxConnections }, () => manager.getConnection({ type: "SELECT" })),
      );
      for (const [index, link] of links.entries()) {
        handOuts.handOut(linkOf(link), `probe ${index}`, scheduler.moment);
      }
      for (const [index, link] of links.entries()) {
        handOuts.takeBack(linkOf(link), `probe ${index}`);
        manager.releaseConnection(link);
      }
      await lease.release(deadlineIn(BUDGET_MS, clock));
    },
    close: () => resource.close(),
  };
};

function createResource({ maxConnections, server }: Stage) {
  const options = simulatedOptions(maxConnections);
  let currentRequest: () => OpeningRequest = () => {
    throw new Error("the driver is called before the supervisor knows it");
  };
  const dialect: SequelizeDialect = {
    engine: "postgres",
    oldestVersion: "9.5.0",
    defaults: {},
    defaultDialectOptions: {},
    check: () => undefined,
    sessionZone: () => ({ isSetByStatement: false }),
    reportedVersion: () => "18.0.0",
    superviseModule(module, instance) {
      currentRequest = instance.currentRequest;
      return module;
    },
  };
  const instance = new Sequelize({
    ...completeOptions(dialect, { dialect: "postgres", dialectModule: pg, logging: false }, options),
  });
  const { connectionManager: manager } = sequelizeInternals(instance);
  const driver = simulatedDriver(server, options);
  Object.assign(manager, {
    validate: (link: Link) => link.state !== "unusable",
    // As node-postgres and Sequelize do it between them.
    async connect(): Promise<Link> {
      const { attempt, onOpening } = currentRequest();
      const aborted = Promise.withResolvers<never>();
      aborted.promise.catch(() => undefined);
      let opened: Link | undefined;
      const login = server.logIn(attempt.deadline, () => new SessionWatch(options), aborted.promise);
      const link = login.then((one) => {
        opened = one;
        return one;
      });
      link.catch(() => undefined);
      onOpening({
        pooled: link.then((one) => createPooledConnection(driver, one, options, () => revoke(one))),
        destroy() {
          aborted.reject(Object.assign(new Error("destroyed"), { code: "ECONNRESET" }));
          opened?.destroy();
        },
      });
      return await link;
    },
  } satisfies Partial<Record<keyof ConnectionManager | "validate", unknown>>);
  const invocations = new InvocationTracker();
  const supervisor = new ConnectionSupervisor(instance, {
    dialect,
    dialectOptions: {},
    isZoneChosen: false,
    optionsOf: () => options,
    invocations,
  });
  const resource = new SequelizeResource(instance, supervisor, invocations, options);
  return { manager, resource, clock: options.runtime.clock };
}

function revoke(link: Link): void {
  link.query = () => Promise.reject(leaseEnded());
}
