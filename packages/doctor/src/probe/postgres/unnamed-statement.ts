import { randomBytes } from "node:crypto";
import type { Experiment } from "../experiments/experiment.js";
import type { PinCheck } from "../experiments/pin-check.js";
import { decided, type SettingResult, undecided } from "../probe-report.js";
import type { Row } from "../probe-session.js";
import { ServerRefusal } from "../wire/server-refusal.js";
import { ProbeError } from "../wire/wire.js";
import { bind, execute, type PostgresSession, parse } from "./postgres-session.js";

/** Readers of a cluster may have the same process ids. */
const BACKEND = "pg_backend_pid() || ' ' || coalesce(host(inet_server_addr()), '')";
export const BACKEND_QUERY: string = `select ${BACKEND}`;

const MODE = "unnamedStatement";
const RULE = "pinning.rules.unnamed-statement";

/** invalid_sql_statement_name */
const STATEMENT_MISSING = "26000";

/** What became of the statement in the request after the one that prepared it. */
type Fate = "executed" | "gone" | "executed on the same database connection";

/** An unnamed statement that is executed after the Sync of its Parse, on another database connection. */
export function unnamedStatement(check: PinCheck<PostgresSession>): Experiment {
  return {
    summary: "an unnamed statement that is executed twice, in two requests",
    settings: [MODE, RULE],
    async decide() {
      const test = await check.test();
      const mark = randomBytes(6).toString("hex");
      const prepare = parse("", `select '${mark}', ${BACKEND}`);
      const once = await check.check((session) => session.extended(prepare, bind("", ""), execute("")));
      if (once.isPinned) return both("an unnamed statement pins already when it is executed once");
      let fate: Fate = "executed on the same database connection";
      const { isPinned } = await check.check(async (session) => {
        for (let round = 0; round < test.rounds; round++) {
          const before = backendIn(await session.extended(prepare, bind("", ""), execute("")), mark);
          fate = await test.whileHeld(() => executeAgain(session, mark, before));
          if (fate !== "executed on the same database connection") return;
        }
      });
      return conclude(fate, isPinned);
    },
  };
}

async function executeAgain(session: PostgresSession, mark: string, before: string): Promise<Fate> {
  try {
    const after = backendIn(await session.extended(bind("", ""), execute("")), mark);
    return after === before ? "executed on the same database connection" : "executed";
  } catch (error) {
    if (error instanceof ServerRefusal && error.code === STATEMENT_MISSING) return "gone";
    throw error;
  }
}

function backendIn([row]: readonly Row[], mark: string): string {
  const [marked, backend] = row ?? [];
  if (marked !== mark || typeof backend !== "string") {
    throw new ProbeError("the statement of another client was executed in its place");
  }
  return backend;
}

function conclude(fate: Fate, isPinned: boolean): readonly SettingResult[] {
  switch (fate) {
    case "executed":
      return [decided(MODE, isPinned ? "pin" : "prepare"), decided(RULE, isPinned)];
    case "gone":
      return [decided(MODE, "refuse"), decided(RULE, isPinned)];
    case "executed on the same database connection":
      return both("the session kept its database connection, so that nothing was seen");
    default:
      return fate satisfies never;
  }
}

function both(reason: string): readonly SettingResult[] {
  return [undecided(MODE, reason), undecided(RULE, reason)];
}
