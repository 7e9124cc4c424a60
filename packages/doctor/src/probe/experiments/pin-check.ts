import type { ProbeRun } from "../probe-run.js";
import type { ProbeSession } from "../probe-session.js";
import { ServerRefusal } from "../wire/server-refusal.js";
import { ProbeError } from "../wire/wire.js";
import { type PinClient, PinTest } from "./pin-test.js";

/** What an engine does differently. */
export interface PinEngine<Session extends ProbeSession> {
  /** Opens a session with the user's own login. */
  open(run: ProbeRun): Promise<Session>;
  /** A query for one text that no two database connections have in common. */
  readonly backendQuery: string;
}

/** Whether a session was pinned by what it did, and the code of the server's error if it got one. */
export interface PinVerdict {
  readonly isPinned: boolean;
  readonly refusal: string | undefined;
}

/** One that holds, and the session that is looked at, beside the control. */
const FEWEST_CONNECTIONS = 3;

/** Runs statements in sessions, and finds out whether they pin. */
export class PinCheck<Session extends ProbeSession> {
  readonly #run: ProbeRun;
  readonly #engine: PinEngine<Session>;
  #test: Promise<PinTest | undefined> | undefined;
  // A session that nothing has pinned so far.
  #spare: Session | undefined;
  #doubt: string | undefined;

  constructor(run: ProbeRun, engine: PinEngine<Session>) {
    this.#run = run;
    this.#engine = engine;
  }

  /** The test of this proxy. Throws a `ProbeError` if sessions cannot be told apart. */
  async test(): Promise<PinTest> {
    if (this.#doubt !== undefined) throw new ProbeError(this.#doubt);
    this.#test ??= this.#calibrate();
    const test = await this.#test;
    if (test) return test;
    throw new ProbeError(
      "clients that do nothing that pins keep their database connections, or change them too rarely to tell",
    );
  }

  /** From now on nothing can be seen, for this reason. */
  distrust(reason: string): void {
    this.#doubt = reason;
  }

  /** Whether a session is pinned after `act`, which may fail with a `ServerRefusal`. */
  async check(act: (session: Session) => Promise<unknown>): Promise<PinVerdict> {
    const test = await this.test();
    const session = this.#spare ?? (await this.#engine.open(this.#run));
    this.#spare = undefined;
    try {
      const refusal = await refusalOf(act(session));
      const isPinned = await test.isPinned(this.client(session));
      if (isPinned === undefined) throw new ProbeError("the proxy's other clients changed what can be seen");
      if (isPinned) session.end();
      else this.#spare = session;
      return { isPinned, refusal };
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  client(session: Session): PinClient {
    const { backendQuery } = this.#engine;
    const backend = async (): Promise<string> => {
      const [[id] = []] = await session.query(backendQuery);
      if (typeof id !== "string" || id === "") throw new ProbeError("the server does not name its session");
      return id;
    };
    return {
      backend,
      async hold() {
        await session.query("begin");
        return await backend();
      },
      async release() {
        await session.query("commit");
      },
    };
  }

  async #calibrate(): Promise<PinTest | undefined> {
    const { maxConnections } = this.#run;
    if (maxConnections < FEWEST_CONNECTIONS) {
      throw new ProbeError(`pinning cannot be seen with fewer than ${FEWEST_CONNECTIONS} connections`);
    }
    const open = async (): Promise<PinClient> => this.client(await this.#engine.open(this.#run));
    return await PinTest.calibrate(await open(), open, maxConnections - 2);
  }
}

async function refusalOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof ServerRefusal) return error.code;
    throw error;
  }
}
