import type { ConformanceSql } from "./harness.js";

/** The `sql` of a harness on PostgreSQL. */
export const postgresSql: ConformanceSql = {
  sessionId: "select pg_backend_pid() as id",
  killItself: "select pg_terminate_backend(pg_backend_pid())",
  sleep: (seconds) => `select pg_sleep(${seconds})`,
  sessionStates: [
    {
      name: "a parameter",
      change: () => ["set work_mem = '1234kB'"],
      probe: "select current_setting('work_mem') as value",
    },
    {
      name: "a parameter by set_config",
      change: () => ["select set_config('app.tenant', '42', false)"],
      probe: "select current_setting('app.tenant', true) as tenant",
    },
    {
      name: "the search path",
      change: () => ["set search_path to nowhere"],
      probe: "select current_setting('search_path') as value",
    },
    {
      name: "the time zone",
      change: () => ["set time zone 'Asia/Tokyo'"],
      probe: "select current_setting('timezone') as value",
    },
    { name: "the role", change: () => ["set role pg_monitor"], probe: "select current_user" },
    {
      name: "the isolation level",
      change: () => ["set session characteristics as transaction isolation level serializable"],
      probe: "select current_setting('default_transaction_isolation') as value",
    },
    {
      name: "a parameter set within a transaction that is committed",
      change: () => ["begin", "set work_mem = '1234kB'", "commit"],
      probe: "select current_setting('work_mem') as value",
    },
    {
      name: "a temporary table",
      change: () => ["create temporary table dirt (id int)"],
      probe: "select to_regclass('pg_temp.dirt') is null as gone",
    },
    {
      name: "a session-level advisory lock",
      change: () => ["select pg_advisory_lock(471147)"],
      probe: "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()",
    },
    { name: "a LISTEN", change: () => ["listen dirt"], probe: "select pg_listening_channels()" },
    {
      name: "a cursor WITH HOLD",
      change: () => ["begin", "declare dirt cursor with hold for select 1", "commit"],
      probe: "select count(*) from pg_cursors where is_holdable",
    },
    {
      name: "a prepared statement",
      change: () => ["prepare dirt as select 1"],
      probe: "select count(*) from pg_prepared_statements",
    },
  ],
  withoutSessionState: {
    "a parameter for one transaction": () => [
      "begin",
      "set local work_mem = '1234kB'",
      "select set_config('app.tenant', '42', true)",
      "commit",
    ],
    "a parameter that a rollback takes back": () => ["begin", "set work_mem = '1234kB'", "rollback"],
    "a parameter in a transaction that is left open": () => ["begin", "set work_mem = '1234kB'"],
    "a transaction-level lock": () => ["begin", "select pg_advisory_xact_lock(471147)", "commit"],
    "a temporary table that ends with its transaction": () => [
      "begin",
      "create temporary table dirt (id int) on commit drop",
      "commit",
    ],
    "statements that look like state": (table) => [
      `select 'set work_mem = 1; listen dirt' as text from ${table}`,
      `update ${table} set id = 1`,
    ],
  },
};

/** The `sql` of a harness on MySQL or MariaDB. */
export const mysqlSql: ConformanceSql = {
  sessionId: "select connection_id() as id",
  killItself: "kill connection_id()",
  sleep: (seconds) => `select sleep(${seconds})`,
  sessionStates: [
    { name: "a user variable", change: () => ["set @tenant = 42"], probe: "select @tenant as tenant" },
    {
      name: "a user variable set in an expression",
      change: () => ["select @tenant := 42"],
      probe: "select @tenant as tenant",
    },
    {
      name: "a user variable set by INTO",
      change: () => ["select 42 into @tenant"],
      probe: "select @tenant as tenant",
    },
    {
      name: "a variable that is not tracked",
      change: () => ["set sort_buffer_size = 524288"],
      probe: "select @@sort_buffer_size as size",
    },
    { name: "the SQL mode", change: () => ["set sql_mode = 'ANSI'"], probe: "select @@sql_mode as mode" },
    {
      name: "the time zone",
      change: () => ["set time_zone = '+09:00'"],
      probe: "select @@time_zone as zone",
    },
    {
      name: "the character set",
      change: () => ["set names latin1"],
      probe: "select @@character_set_client as name",
    },
    {
      name: "the current database",
      change: () => ["use information_schema"],
      probe: "select database() as name",
    },
    {
      name: "the isolation level",
      change: () => ["set session transaction isolation level serializable"],
      probe: "show variables where variable_name in ('tx_isolation', 'transaction_isolation')",
    },
    {
      name: "a temporary table",
      change: () => ["create temporary table dirt (id int)"],
      probe: "select count(*) from dirt",
    },
    {
      name: "a named lock",
      change: () => ["select get_lock('dirt', 0)"],
      probe: "select is_used_lock('dirt') = connection_id() as is_held",
    },
    {
      name: "locked tables",
      change: (table) => [`lock tables ${table} read`],
      probe: "select 1 from mysql.user limit 1",
    },
    {
      name: "a prepared statement",
      change: () => ["prepare dirt from 'select 1'"],
      probe: "deallocate prepare dirt",
    },
  ],
  withoutSessionState: {
    "a level for the next transaction, which is used": () => [
      "set transaction isolation level serializable",
      "begin",
      "commit",
    ],
    "the row count": () => ["select found_rows()"],
    "statements that look like state": (table) => [
      `select 'set @a = 1; use mysql' as text from ${table}`,
      `update ${table} set id = 1`,
    ],
  },
};
