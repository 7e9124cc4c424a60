import fc from "fast-check";
import { expect, test } from "vitest";
import { findMysqlEffects } from "./pin-rules.js";
import { tokenize } from "./tokenize.js";
import { trackedVariables } from "./tracked-variables.js";

function pinsOf(text: string): string {
  return findMysqlEffects(tokenize(text)).rules.join(" ");
}

test.each([
  ["set-variable", "SET @total = 1"],
  ["set-variable", "set session sort_buffer_size = 1"],
  ["set-variable", "set @@session.sql_select_limit = 1"],
  ["set-variable", "set time_zone = '+00:00', lock_wait_timeout = 1"],
  ["set-variable", "SET session_track_gtids = OWN_GTID"],
  ["set-variable", "SET GLOBAL max_connections = 1"],
  ["set-variable", "select @a := 1"],
  ["set-variable", "select 1 into @a"],
  ["set-variable", "set role admin"],
  ["next-transaction", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"],
  ["next-transaction", "set @@transaction_read_only = 1"],
  ["prepared-statement", "PREPARE s FROM 'select 1'"],
  ["lock-table", "LOCK TABLES t READ"],
  ["lock-table", "lock table t write"],
  ["lock-table", "FLUSH TABLES WITH READ LOCK"],
  ["get-lock", "select GET_LOCK ('a', 1)"],
  ["temporary-table", "create temporary table t (id int)"],
  ["temporary-table", "create or replace temporary table t (id int)"],
  ["executable-comment", "select 1 /*!50000 + 1 */"],
  ["executable-comment", "/*M!100100 set x = 1 */ select 1"],
  ["row-count", "select row_count()"],
  ["row-count", "select found_rows()"],
  ["set-variable", "call p(1, @out)"],
  ["diagnostics set-variable", "get current diagnostics condition 1 @text = message_text"],
  ["set-variable", "load data local infile 'x' into table t (@a) set a = 1"],
  ["set-variable", "set session validate_password.policy = 1"],
  ["set-variable", "set password = password('x'), @a = 1"],
  ["set-variable multi-statement", "begin not atomic if 1 then set @a = 1; end if; end"],
  ["set-variable multi-statement", "begin not atomic declare exit handler for sqlexception set @a = 1; end"],
  [
    "set-variable multi-statement",
    "begin not atomic declare continue handler for not found, sqlstate value '42S02', 1051 begin set @a = 1; end; end",
  ],
  ["set-variable multi-statement", "begin select 1; exception when others then set @a = 1; end"],
  ["set-variable multi-statement", "l: loop set @a = 1; leave l; end loop"],
  ["set-variable multi-statement", "begin set @a = 1; end"],
  ["set-variable multi-statement", "select 1 --\u0001'\n; set @a = 1 -- '"],
  [
    "set-variable multi-statement",
    "create procedure p() begin case x when 1 then select if(a, b, c); end case; end; set @a = 1",
  ],
  ["set-variable multi-statement", "create trigger t before insert on u for each row set @x = 1; set @a = 1"],
  ["prepared-statement", "execute immediate 'select 1'"],
  ["handler", "handler t open"],
  ["backup-lock", "flush tables t for export"],
  ["backup-lock", "lock instance for backup"],
  ["diagnostics", "show warnings"],
  ["diagnostics", "show count(*) errors"],
  ["calc-found-rows", "select sql_calc_found_rows * from t limit 1"],
  ["executable-comment", "create /*!50020 definer=`a`@`b` */ procedure p() set @a = 1"],
])("%s: %s", (rules, text) => {
  expect(pinsOf(text)).toBe(rules);
});

test.each([
  "select 1",
  "select 'SET @a = 1', \"it\\\"s; set @a = 1\", 'it\\'s', 'it''s' # set @a = 1",
  "select 1 -- set @a = 1\n, 2",
  "select 1 --1",
  "/* lock tables t read; */ select 1",
  "update t set a = 1",
  "select `get_lock`, get_lock from t",
  "flush tables",
  "select @a, @@sql_mode",
  "select last_insert_id()",
  "set local sort_buffer_size = 1",
  "set password = 'x'",
  "set statement max_statement_time = 1 for select 1",
  "call a_procedure()",
  "use shop",
  "drop database shop",
  "create procedure p() begin set @a = 1; select get_lock('a', 1); select 1 into @b; end",
  "create definer = `a`@`%` procedure if not exists p() begin if exists (select 1) then set @a = 1; end if; end",
  "create procedure p() begin drop table if exists t; for r in (select 1) do set @a = 1; end for; set @b = 2; end",
  "create or replace function f() returns int begin l: while a do set @a = 1; end while l; return repeat('a', 2); end",
  "create trigger t before insert on u for each row begin set @a = 1; set @b = case when 1 then 2 end; end",
  "create procedure p() begin select a from t where b in (1) for update; set @a = 1; end",
  "create event e on schedule every 1 day do begin set @a = 1; set @b = 2; end",
  "alter event e do set @a = 1",
  "create definer = current_user() aggregate function f(x int) returns int begin xa end 'x'; set @a = 1; end",
  "set @@session . sql_mode = ''",
  "set @@session.`sql_mode` = ''",
  "set @@session/**/./**/time_zone = 'SYSTEM'",
  "set\u00a0@a = 1",
])("pins nothing: %s", (text) => {
  expect(pinsOf(text)).toBe("");
});

test.each([...trackedVariables])("%s is tracked and pins nothing", (name) => {
  for (const text of [`SET ${name} = 1`, `set session \`${name}\` := 1`, `SET @@session.${name} = DEFAULT`]) {
    expect(findMysqlEffects(tokenize(text))).toEqual({
      rules: [],
      areOfSetOnly: true,
      variables: [name],
      changesDatabase: false,
    });
  }
});

test.each([
  ["SET NAMES utf8mb4 COLLATE utf8mb4_bin", ["character_set_client", "collation_connection"]],
  ["SET CHARACTER SET 'latin1'", ["character_set_client", "character_set_database"]],
  ["set charset latin1", ["character_set_results"]],
  [
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY",
    ["transaction_isolation", "transaction_read_only"],
  ],
  ["set autocommit = 0; set sql_mode = concat(@@sql_mode, ',ANSI')", ["autocommit", "sql_mode"]],
])("%s is tracked", (text, variables) => {
  const effects = findMysqlEffects(tokenize(text));
  expect(effects.variables).toEqual(expect.arrayContaining(variables));
  expect(effects.rules.filter((rule) => rule !== "multi-statement")).toEqual([]);
});

test("a scope also applies to the following assignments without one", () => {
  expect(findMysqlEffects(tokenize("set global wait_timeout = 1, sql_mode = ''"))).toMatchObject({
    rules: ["set-variable", "set-variable"],
    variables: [],
  });
});

test("USE and DROP DATABASE change the database", () => {
  for (const text of ["use `shop`", "drop schema if exists shop", "select 1; use shop"]) {
    expect(findMysqlEffects(tokenize(text)).changesDatabase).toBe(true);
  }
});

test("several statements are detected, and whether only SET causes the rules", () => {
  expect(pinsOf("select 1; select 2;")).toBe("multi-statement");
  expect(findMysqlEffects(tokenize("set @a = 1; select 1")).areOfSetOnly).toBe(true);
  expect(findMysqlEffects(tokenize("set @a = 1; select @b := 1")).areOfSetOnly).toBe(false);
});

test("a backslash escapes nothing under NO_BACKSLASH_ESCAPES", () => {
  const text = "select '\\', 1 into @a -- '";
  expect(findMysqlEffects(tokenize(text, { hasEscapes: false })).rules).toEqual(["set-variable"]);
  expect(findMysqlEffects(tokenize(text)).rules).toEqual([]);
});

test("double quotes enclose a name, in which a backslash escapes nothing, under ANSI_QUOTES", () => {
  const ansi = (text: string): readonly string[] =>
    findMysqlEffects(tokenize(text, { hasAnsiQuotes: true })).rules;
  expect(ansi('select "\\"; set @a = 1 -- "')).toContain("set-variable");
  expect(ansi("select \"get_lock\"('a', 1)")).toEqual(["get-lock"]);
  expect(ansi('set session "sort_buffer_size" = 1')).toEqual(["set-variable"]);
  expect(ansi("set \"sql_mode\" = 'ANSI'")).toEqual([]);
  expect(pinsOf("select \"get_lock\"('a', 1)")).toBe("");
});

test("SET STATEMENT is one statement, and a part that it runs counts", () => {
  expect(pinsOf("set statement max_statement_time = 1 for select @a := 1")).toBe("set-variable");
});

test("the content of a literal, a name or a comment never pins", () => {
  const hostile = fc.constantFrom(
    "set @x = 1",
    "; lock tables y;",
    "get_lock('s')",
    "--",
    "/*",
    "\\",
    "'",
    '"',
    "@a := 1",
    "\n",
  );
  const content = fc.array(hostile).map((parts) => parts.join(" "));
  fc.assert(
    fc.property(content, content, content, (literal, name, comment) => {
      const text = [
        `select '${literal.replaceAll("\\", "\\\\").replaceAll("'", "''")}',`,
        `"${literal.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}",`,
        `\`${name.replaceAll("`", "``")}\` /* ${comment.replaceAll("*/", "")} */`,
      ].join(" ");
      expect(pinsOf(text)).toBe("");
    }),
  );
});
