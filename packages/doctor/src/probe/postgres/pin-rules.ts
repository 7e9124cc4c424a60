import { randomBytes } from "node:crypto";
import type { Experiment } from "../experiments/experiment.js";
import { inTransaction } from "../experiments/in-transaction.js";
import type { PinCheck } from "../experiments/pin-check.js";
import { pinRule, type Variant } from "../experiments/pin-rule.js";
import { bind, close, execute, type PostgresSession, parse } from "./postgres-session.js";

type PostgresVariant = Variant<PostgresSession>;

/** The local proxy's rules but `long-statement` and `unnamed-statement`, each with what it is about. */
const RULES: Readonly<Record<string, readonly PostgresVariant[]>> = {
  set: [
    undone("SET", "set work_mem = '4MB'"),
    undone("RESET", "reset work_mem"),
    // Its own value, so that nothing changes.
    plain("set_config()", "select set_config('work_mem', current_setting('work_mem'), false)"),
  ],
  "set-local": [undone("SET LOCAL", "set local work_mem = '4MB'")],
  "set-config-local": [undone("set_config(…, true)", "select set_config('work_mem', '4MB', true)")],
  "set-transaction": [undone("SET TRANSACTION", "set transaction read only")],
  prepare: [
    done(
      "PREPARE",
      "prepare rds_proxy_probe as select 1",
      "execute rds_proxy_probe",
      "deallocate rds_proxy_probe",
    ),
  ],
  discard: [undone("DISCARD PLANS", "discard plans")],
  "declare-cursor": [done("DECLARE", "declare rds_proxy_probe cursor for select 1", "close rds_proxy_probe")],
  listen: [undone("LISTEN", "listen rds_proxy_probe")],
  "temporary-object": [
    undone("CREATE TEMPORARY TABLE", "create temporary table rds_proxy_probe (a int)"),
    undone("CREATE TEMPORARY VIEW", "create temporary view rds_proxy_probe as select 1 as a"),
    undone("CREATE TEMPORARY SEQUENCE", "create temporary sequence rds_proxy_probe"),
  ],
  // Of no sequence, they return null.
  "sequence-function": ["nextval(null)", "setval(null, 1)"].map((call) =>
    plain(call.replace("null", "…"), `select ${call}`),
  ),
  "advisory-lock": [
    locked("pg_advisory_lock", "pg_advisory_unlock"),
    locked("pg_try_advisory_lock", "pg_advisory_unlock"),
    locked("pg_advisory_lock_shared", "pg_advisory_unlock_shared"),
  ],
  // Every server has it. It is loaded already where functions are written in it.
  "load-library": [plain("LOAD", "load 'plpgsql'")],
  "named-statement": [
    {
      name: "a named statement of the extended protocol",
      act: (session) =>
        session.extended(
          parse("rds_proxy_probe", "select 1"),
          bind("", "rds_proxy_probe"),
          execute(""),
          close("S", "rds_proxy_probe"),
        ),
    },
  ],
  "named-portal": [
    {
      name: "a named portal of the extended protocol",
      act: (session) =>
        session.extended(
          parse("", "select 1"),
          bind("rds_proxy_probe", ""),
          execute("rds_proxy_probe"),
          close("P", "rds_proxy_probe"),
        ),
    },
  ],
};

export function pinRules(check: PinCheck<PostgresSession>): readonly Experiment[] {
  return Object.entries(RULES).map(([rule, variants]) => pinRule(rule, variants, check));
}

function plain(name: string, statement: string): PostgresVariant {
  return { name, act: (session) => session.query(statement) };
}

/** In a transaction that is rolled back. */
function undone(name: string, ...statements: readonly string[]): PostgresVariant {
  return { name, act: (session) => inTransaction(session, statements, "rollback") };
}

/** In a transaction that is committed, so that all of it has one database connection. */
function done(name: string, ...statements: readonly string[]): PostgresVariant {
  return { name, act: (session) => inTransaction(session, statements, "commit") };
}

function locked(lock: string, unlock: string): PostgresVariant {
  // No program uses this number.
  const key = String(randomBytes(6).readUIntBE(0, 6));
  return done(`${lock}()`, `select ${lock}(${key})`, `select ${unlock}(${key})`);
}
