import { randomBytes } from "node:crypto";
import type { Experiment } from "../experiments/experiment.js";
import { inTransaction } from "../experiments/in-transaction.js";
import { NEEDS_LOCKS } from "../experiments/left-open.js";
import type { PinCheck } from "../experiments/pin-check.js";
import { conclude, pinRule, type Showing, showingOf, type Variant } from "../experiments/pin-rule.js";
import { decided, type SettingResult, undecided } from "../probe-report.js";
import type { ProbeRun } from "../probe-run.js";
import type { MysqlSession } from "./mysql-session.js";

type MysqlVariant = Variant<MysqlSession>;

const SET_VARIABLE = "pinning.rules.set-variable";
const NEXT_TRANSACTION = "pinning.rules.next-transaction";
const FILTERS = "pinning.filters";

/** The local proxy's rules but `long-statement`, and those of SET and of locks. */
const RULES: Readonly<Record<string, readonly MysqlVariant[]>> = {
  "prepared-statement": [
    done("PREPARE", "prepare rds_proxy_probe from 'select 1'", "deallocate prepare rds_proxy_probe"),
    { name: "COM_STMT_PREPARE", act: (session) => session.prepare("select 1") },
  ],
  "temporary-table": [
    done(
      "CREATE TEMPORARY TABLE",
      "create temporary table rds_proxy_probe (a int)",
      "drop temporary table rds_proxy_probe",
    ),
  ],
  "executable-comment": [
    // Of a version that there is not, so that the server ignores it.
    done("/*! … */", "select 1 /*!99999 + 1 */"),
    done("/*M! … */", "select 1 /*M!999999 + 1 */"),
  ],
  "row-count": [done("ROW_COUNT()", "select row_count()"), done("FOUND_ROWS()", "select found_rows()")],
  // A table that every server has.
  handler: [
    done("HANDLER", "handler mysql.help_topic open as rds_proxy_probe", "handler rds_proxy_probe close"),
  ],
  diagnostics: [done("SHOW WARNINGS", "show warnings"), done("SHOW ERRORS", "show errors")],
  "calc-found-rows": [done("SQL_CALC_FOUND_ROWS", "select sql_calc_found_rows 1")],
  "multi-statement": [done("two statements in one query", "select 1; select 2")],
};

const BACKUP_LOCK: MysqlVariant = {
  name: "a lock for a backup",
  async act(session) {
    const [[version = ""] = []] = await session.query("select version()");
    // MariaDB locks a name, whether there is such a table or not.
    return version?.includes("MariaDB")
      ? await inTransaction(session, ["backup lock rds_proxy_probe", "backup unlock"], "commit")
      : await inTransaction(session, ["lock instance for backup", "unlock instance"], "commit");
  },
};

export function pinRules(check: PinCheck<MysqlSession>, { takesLocks }: ProbeRun): readonly Experiment[] {
  const lockName = `rds-proxy-probe-${randomBytes(8).toString("hex")}`;
  return [
    ofSet(check),
    pinRule(
      "get-lock",
      [done("GET_LOCK()", `select get_lock('${lockName}', 0)`, `select release_lock('${lockName}')`)],
      check,
    ),
    ...Object.entries(RULES).map(([rule, variants]) => pinRule(rule, variants, check)),
    ...(takesLocks
      ? [lockTable(check), pinRule("backup-lock", [BACKUP_LOCK], check)]
      : [withoutLocks("lock-table"), withoutLocks("backup-lock")]),
  ];
}

/** In one query, because LOCK TABLES ends a transaction: the lock must not stay behind in another client's session. */
function lockTable(check: PinCheck<MysqlSession>): Experiment {
  const setting = "pinning.rules.lock-table";
  return {
    summary: "LOCK TABLES mysql.help_topic READ",
    settings: [setting],
    async decide() {
      const two = await check.check((session) => session.query("select 1; select 2"));
      if (two.isPinned) return [undecided(setting, "two statements in one query pin by themselves")];
      const showing = await showingOf(
        {
          name: "LOCK TABLES",
          act: (session: MysqlSession) => session.query("lock tables mysql.help_topic read; unlock tables"),
        },
        check,
      );
      return [conclude(setting, [showing])];
    },
  };
}

function withoutLocks(rule: string): Experiment {
  const setting = `pinning.rules.${rule}`;
  return { summary: "", settings: [setting], decide: async () => [undecided(setting, NEEDS_LOCKS)] };
}

/** SET, which AWS's filter EXCLUDE_VARIABLE_SETS exempts, and an assignment that it does not. */
function ofSet(check: PinCheck<MysqlSession>): Experiment {
  return {
    summary:
      "SET of a user variable and of a system variable to its own value, SELECT @a := 1, SET TRANSACTION",
    settings: [SET_VARIABLE, NEXT_TRANSACTION, FILTERS],
    async decide() {
      const show = (variant: MysqlVariant): Promise<Showing> => showingOf(variant, check);
      const sets = [
        await show(done("SET @a", "set @rds_proxy_probe = 1", "set @rds_proxy_probe = null")),
        await show(
          done("SET of a system variable", "set session lock_wait_timeout = @@session.lock_wait_timeout"),
        ),
      ];
      const assignment = await show(
        done("SELECT @a := 1", "select @rds_proxy_probe := 1", "select @rds_proxy_probe := null"),
      );
      const next = await show({ name: "SET TRANSACTION", act: setTransaction });
      const pins = (showing: Showing, expected: boolean): boolean =>
        "pins" in showing && showing.pins === expected;
      const isFiltered = sets.every((set) => pins(set, false)) && pins(assignment, true);
      if (isFiltered && !pins(next, true)) {
        return [
          decided(SET_VARIABLE, true),
          undecided(NEXT_TRANSACTION, "the proxy has the filter EXCLUDE_VARIABLE_SETS, which hides it"),
          decided(FILTERS, ["EXCLUDE_VARIABLE_SETS"]),
        ];
      }
      return [conclude(SET_VARIABLE, [...sets, assignment]), ...ofNext(next, [...sets, next])];
    },
  };
}

function ofNext(next: Showing, all: readonly Showing[]): readonly SettingResult[] {
  const hasNoFilter = all.some((showing) => "pins" in showing && showing.pins);
  if (hasNoFilter) return [conclude(NEXT_TRANSACTION, [next]), decided(FILTERS, [])];
  const reason = "no SET pins, be it by the filter EXCLUDE_VARIABLE_SETS or not";
  return [undecided(NEXT_TRANSACTION, reason), undecided(FILTERS, reason)];
}

/** To the isolation level that the session has, since another session may run the next transaction. */
async function setTransaction(session: MysqlSession): Promise<void> {
  const [[, level] = []] = await session.query(
    "show session variables where variable_name in ('transaction_isolation', 'tx_isolation')",
  );
  await session.query(`set transaction isolation level ${level?.replaceAll("-", " ")}`);
}

/** In a transaction, so that all of it has one database connection. */
function done(name: string, ...statements: readonly string[]): MysqlVariant {
  return { name, act: (session) => inTransaction(session, statements, "commit") };
}
