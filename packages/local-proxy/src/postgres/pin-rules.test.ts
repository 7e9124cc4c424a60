import fc from "fast-check";
import { expect, test } from "vitest";
import { findPostgresPins } from "./pin-rules.js";
import { tokenize } from "./tokenize.js";

function pinsOf(text: string): string {
  return findPostgresPins(tokenize(text)).join(" ");
}

test.each([
  ["set", "SET statement_timeout TO 5"],
  ["set", "set session work_mem = '1MB'"],
  ["set", "SET TIME ZONE 'UTC'"],
  ["set", "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE"],
  ["set", "RESET ALL"],
  ["set", "select set_config('search_path', 'a', false)"],
  ["set", "select pg_catalog.set_config('a.b', f(1, true), $1)"],
  ["set", "/* a comment; /* nested */ still */ -- and a line\n set x to 1"],
  ["set-local", "SET LOCAL statement_timeout = 5"],
  ["set-config-local", "select set_config('a.b', concat('x', 'y'), true)"],
  ["set-config-local", "select set_config('a.b', 'c', is_local => true)"],
  ["set-transaction", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"],
  ["prepare", "PREPARE s AS select 1"],
  ["prepare", "execute s(1)"],
  ["prepare", "DEALLOCATE ALL"],
  ["discard", "DISCARD ALL"],
  ["declare-cursor", "declare c cursor with hold for select 1"],
  ["listen", "LISTEN channel"],
  ["temporary-object", "create temp table t (id int)"],
  ["temporary-object", "CREATE LOCAL TEMPORARY SEQUENCE s"],
  ["temporary-object", "create or replace temp recursive view v as select 1"],
  ["temporary-object", "create table pg_temp.t (id int)"],
  ["temporary-object", "select 1 into temporary t"],
  ["sequence-function", "select nextval('s')"],
  ["sequence-function", "insert into t values (\"setval\" ('s', 1))"],
  ["advisory-lock", "select pg_advisory_lock(1)"],
  ["advisory-lock", "select 1 where pg_try_advisory_lock_shared(1, 2)"],
  ["load-library", "LOAD 'auto_explain'"],
  ["temporary-object", "select 1 as a into local temp t"],
  ["temporary-object", "SELECT 1 AS a INTO GLOBAL TEMPORARY TABLE t"],
  ["temporary-object", 'select 1 as a into "pg_temp".t'],
  ["temporary-object", "select 1 as a into table pg_temp.t"],
  ["temporary-object", "select 1 as a into U&\"pg!005ftemp\" uescape '!'.t"],
  ["temporary-object", "explain analyze select 1 as a into temp t"],
  ["temporary-object", "EXPLAIN ANALYZE CREATE TEMP TABLE t AS SELECT 1"],
  ["temporary-object", "explain (analyze, costs off) create temp table t as select 1"],
  ["declare-cursor", "explain analyze declare c cursor for select 1"],
  ["set", "update pg_settings set setting = 'off' where name = 'row_security'"],
  ["set", "with x as (update only pg_catalog . pg_settings set setting = '1' returning 1) table x"],
  ["set", "select U&\"set\\005fconfig\"('a.b', 'c', false)"],
  ["set", "select U&\"set!005fconfig\" uescape '!' ('a.b', 'c', false)"],
  ["set", "select E'a' -- '\n'\\'', set_config('a.b', 'c', false), ''"],
  ["set", "create function f() returns int begin atomic select case when a then 1 end; end; set x = 1"],
  ["set listen", "set a = 1; select 1; listen x"],
])("%s: %s", (rules, text) => {
  expect(pinsOf(text)).toBe(rules);
});

test.each([
  "select 1",
  "select 'SET x = 1', E'it\\'s; SET x = 1', $$set x = 1; listen y$$, $tag$ $$ listen $tag$",
  "select 'it''s' as \"set\"; -- set x = 1",
  "/* set x = 1; */ select 1",
  "update t set a = 1",
  "alter role r set work_mem = '1MB'",
  "insert into serial_table (name) values ('nextval(''s'')') returning id",
  "select nextval from t",
  "select pg_advisory_xact_lock(1), pg_try_advisory_xact_lock(1)",
  "select pg_advisory_xact_lock_shared(1), pg_try_advisory_xact_lock_shared(1)",
  "begin isolation level serializable; select 1; commit",
  "prepare transaction 'x'",
  "create table temp_table (id int)",
  "create function f() returns int language sql as $$ create temp table x() $$",
  "do $$ begin set local x = 1; end $$",
  "call a_procedure()",
  "create procedure p() begin atomic select nextval('s'); insert into t values (setval('s', 1)); end",
  "create or replace function f() returns bigint return nextval('s')",
  "create function pg_temp.f() returns int language sql as $$ select 1 $$",
  "create rule r as on insert to t do also (insert into u values (1); select 1; listen x)",
  "create index temp on t (a)",
  "create unique index temporary on t (temp)",
  "select 1 as a into temp from t",
  "insert into temp values (1)",
  "explain create temp table t as select 1",
  "explain select 1 as a into temp t",
  "select 1 from pg_settings for update",
  "select U&\"set\\005fconfigs\"('a.b', 'c', false)",
  "set\u00a0x = 1",
  "unlisten x",
  "",
  ";;",
])("pins nothing: %s", (text) => {
  expect(pinsOf(text)).toBe("");
});

test("a backslash escapes in plain literals while standard_conforming_strings is off", () => {
  const text = "select '\\'; set x = 1 --'";
  expect(pinsOf(text)).toBe("set");
  expect(findPostgresPins(tokenize(text, true))).toEqual([]);
});

test("the content of a literal, a name or a comment never pins", () => {
  const hostile = fc.constantFrom(
    "set x = 1",
    "; listen y;",
    "nextval('s')",
    "--",
    "/*",
    "\\",
    "'",
    '"',
    "$1",
    "\n",
  );
  const content = fc.array(hostile).map((parts) => parts.join(" "));
  fc.assert(
    fc.property(content, content, content, (literal, name, comment) => {
      const text = [
        `select '${literal.replaceAll("'", "''")}',`,
        `"${name.replaceAll('"', '""')}",`,
        `$q$${literal}$q$ /* ${comment.replaceAll("*/", "").replaceAll("/*", "")} */`,
      ].join(" ");
      expect(pinsOf(text)).toBe("");
    }),
  );
});

test("tokens contain the whole text except for space, wherever it is cut off", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."ab1.'\"$\\-*/;(e\n ".split("")) }), (text) => {
      const kept = tokenize(text).reduce((sum, token) => sum + token.text.length, 0);
      expect(kept).toBeLessThanOrEqual(text.length);
    }),
  );
});
