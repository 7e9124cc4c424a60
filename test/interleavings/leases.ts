import { RdsProxyError } from "@rds-proxy/core";
import { deadlineIn, within } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import type { Actor } from "./actors.js";
import { promised } from "./promised.js";
import type { Stage } from "./run-schedule.js";
import { type Moment, POLL_MS } from "./scheduler.js";
import { type Link, timedOut } from "./simulated-server.js";
import { Violation } from "./violation.js";

/** What an invocation has: the revocable view of a connection. */
interface Holding {
  readonly db: Link;
  /** The connection behind the view. */
  readonly link: Link;
}

/** After this time a handler gives up a statement, where the server may be silent. */
const PATIENCE_MS = 60_000;

/** A pool's place is free when the connection in it has ended, which a silent server may delay for so long. */
const LONGEST_END_MS = 1000;

/** The steps of invocations that use a leased connection, and the promises about it. */
export class Leases {
  readonly #stage: Stage;
  readonly #mayWait: boolean;
  /** Actors that wait for a connection, or open one. */
  #acquiring = 0;
  readonly #holdings = new Map<Actor, Holding>();

  /** @param mayWait whether all connections may be in use by other invocations */
  constructor(stage: Stage, mayWait = true) {
    this.#stage = stage;
    this.#mayWait = mayWait;
  }

  /**
   * Acquires for an actor. If that may fail, the actor's other steps are left out.
   *
   * @param over actors whose leases the library ends first
   */
  async acquire(actor: Actor, begin: () => Promise<Link>, over: readonly Actor[] = []): Promise<void> {
    const asked = this.#stage.scheduler.moment;
    const ended = over.map((each) => ({ each, holding: this.#holdings.get(each) }));
    for (const each of over) this.forget(each);
    let db: Link;
    this.#acquiring++;
    try {
      const begun = begin();
      for (const { each, holding } of ended) if (holding) await this.#expectRevoked(each, holding);
      db = await begun;
    } catch (error) {
      actor.gaveUp = true;
      this.#acquiring--;
      this.#checkRefusal(actor, error);
      return;
    }
    this.#acquiring--;
    this.#hold(actor, db, asked);
  }

  #hold(actor: Actor, db: Link, asked: Moment): void {
    const link = this.#stage.server.links.find(({ id }) => id === db.id);
    if (!link) throw new Violation("dirty", `${actor.name} got something that is no connection`);
    this.#holdings.set(actor, { db, link });
    this.#stage.handOuts.handOut(link, actor.name, asked);
  }

  /** Steps of the handler. Undefined for other steps. */
  use(actor: Actor, step: string): Promise<void> | undefined {
    const holding = this.#holdings.get(actor);
    switch (step) {
      case "query":
      case "begin":
      case "commit":
      case "set":
      case "fail":
        return this.#query(actor, holding, STATEMENTS[step]);
      case "send":
        void this.#query(actor, holding, STATEMENTS.query);
        return Promise.resolve();
      case "listen":
        holding?.db.on("notice", () => undefined);
        return Promise.resolve();
      default:
        return undefined;
    }
  }

  /**
   * Ends the actor's lease: from then on its view fails, and another invocation may have the connection.
   *
   * @param end what ends it
   */
  async end(actor: Actor, end: () => Promise<void> | void): Promise<void> {
    const holding = this.#holdings.get(actor);
    if (!holding) return;
    this.forget(actor);
    const ended = promised(end);
    await this.#expectRevoked(actor, holding);
    await ended;
    await this.#expectRevoked(actor, holding);
    if (this.#holderOf(holding.link) === undefined && holding.link.listenerCount("notice") > 0) {
      throw new Violation("leak", `connection ${holding.link.id} keeps a listener of ${actor.name}`);
    }
  }

  /** The library may end the actor's lease from now on. */
  forget(actor: Actor): void {
    const holding = this.#holdings.get(actor);
    if (!holding) return;
    this.#holdings.delete(actor);
    this.#stage.handOuts.takeBack(holding.link, actor.name);
  }

  /** Ends all leases at once. */
  async endAll(end: () => Promise<void>): Promise<void> {
    const all = [...this.#holdings];
    for (const [actor] of all) this.forget(actor);
    const ended = end();
    for (const [actor, holding] of all) await this.#expectRevoked(actor, holding);
    await ended;
  }

  #holderOf(link: Link): Actor | undefined {
    for (const [actor, holding] of this.#holdings) if (holding.link === link) return actor;
    return undefined;
  }

  async #query(actor: Actor, holding: Holding | undefined, statement: string): Promise<void> {
    if (!holding) return;
    const answered = holding.db.query(`${statement} -- of ${actor.name}`);
    const limited = this.#stage.faults.has("silence")
      ? within(answered, deadlineIn(PATIENCE_MS, systemRuntime.clock), timedOut)
      : answered;
    try {
      await limited;
    } catch (error) {
      this.#checkQueryError(actor, holding, error);
    }
  }

  #checkQueryError(actor: Actor, { link }: Holding, error: unknown): void {
    const code = codeOf(error);
    const isExpected =
      code === "42601" ||
      (code === "ECONNRESET" && (link.killed || link.isClosed)) ||
      (code === "ETIMEDOUT" && this.#stage.faults.has("silence")) ||
      (code === "RDS_PROXY_LEASE_ENDED" && (!this.#holdings.has(actor) || this.#stage.faults.has("close")));
    if (!isExpected) throw new Violation("error", `a statement of ${actor.name} failed: ${String(error)}`);
  }

  async #expectRevoked(actor: Actor, { db }: Holding): Promise<void> {
    const code = await db.query(`select 1 -- of ${actor.name}, late`).then(() => undefined, codeOf);
    if (code === "RDS_PROXY_LEASE_ENDED") return;
    throw new Violation(
      "revoked",
      `the view of ${actor.name} worked after its lease, or failed with ${code}`,
    );
  }

  #checkRefusal(actor: Actor, error: unknown): void {
    const { faults, server, handOuts, maxConnections } = this.#stage;
    if (!(error instanceof RdsProxyError)) throw error;
    const { code } = error;
    if (code === "RDS_PROXY_CLOSED" && faults.has("close")) return;
    if (handOuts.isPool && ["RDS_PROXY_NO_FREE_CONNECTION", "RDS_PROXY_EXHAUSTED"].includes(code)) {
      if (handOuts.freeMs <= LONGEST_END_MS || faults.has("exhaust")) return;
      throw new Violation(
        "waiting",
        `${actor.name} got no connection, and one was free for ${handOuts.freeMs} ms`,
      );
    }
    if (code === "RDS_PROXY_NO_FREE_CONNECTION") {
      // An invocation may wait between two attempts to connect.
      const inUse = this.#stage.handOuts.inUse + Math.max(server.opening, this.#acquiring);
      const isFull = inUse >= maxConnections || handOuts.freeMs <= POLL_MS;
      if (this.#mayWait && (isFull || faults.has("close-idle"))) return;
      throw new Violation("waiting", `${actor.name} got no connection, and only ${inUse} were in use`);
    }
    // A login that is answered late enough.
    if (code === "RDS_PROXY_UNREACHABLE") return;
    if (code === "RDS_PROXY_REFUSED" && faults.has("refuse")) return;
    if (code === "RDS_PROXY_EXHAUSTED" && faults.has("exhaust")) return;
    throw new Violation("error", `${actor.name} got no connection, ${code}: ${error.message}`);
  }
}

export const STATEMENTS = {
  query: "select 1",
  begin: "begin",
  commit: "commit",
  set: "set search_path = shop",
  fail: "fail",
} as const;

export function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : String(error);
}
