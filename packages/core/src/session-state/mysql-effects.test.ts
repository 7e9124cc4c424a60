import { expect, test } from "vitest";
import type { EffectKind } from "./effects.js";
import { mysqlEffects } from "./mysql-effects.js";

test("reads a SET statement of very many assignments", () => {
  const assignments = 150_000;
  expect(mysqlEffects(`set ${"@a=1,".repeat(assignments)}@b=1`)).toHaveLength(assignments + 2);
});

// Searching the end of the comment at each of them would take 10^10 steps, so the test would time out.
test("reads very many executable comments in linear time", () => {
  const effects = mysqlEffects("/*!50000 a ".repeat(100_000));
  expect(effects.filter((effect) => effect === "executable-comment")).toHaveLength(100_000);
});

test.each([
  ["begin not atomic declare exit handler for sqlexception set @a = 1; select 1; end"],
  ["begin not atomic declare exit handler for not found, 1062 begin set @a = 1; end; select 1; end"],
  ["begin select 1; exception when others then set @a = 1; end"],
  ["begin <<l>> loop set @a = 1; leave l; end loop; end"],
])("finds what a block of MariaDB can run: %s", (text) => {
  expect(mysqlEffects(text)).toEqual(["set-variable"]);
});

const handling = (statement: string): string =>
  `begin not atomic declare continue handler for sqlexception ${statement}; select 1; end`;

test.each<[string, EffectKind[]]>([
  [handling("if 1 then set @a = 1; end if"), ["set-variable"]],
  [handling("case 1 when 1 then set @a = 1; end case"), ["set-variable"]],
  [handling("loop set @a = 1; end loop"), ["set-variable"]],
  [handling("while 0 do set @a = 1; end while"), ["set-variable"]],
  [handling("repeat set @a = 1; until 1 end repeat"), ["set-variable"]],
  [handling("call p(@a)"), ["set-variable"]],
  [handling("get diagnostics @n = number"), ["set-variable"]],
  [handling("prepare p from 'select 1'"), ["prepare-text"]],
  [handling("execute p"), ["execute-text"]],
  [handling("flush tables with read lock"), ["lock-tables"]],
  [handling("create temporary table t (a int)"), ["temporary-table"]],
  [handling("insert into t (execute) values (1)"), []],
  ["begin not atomic declare s set('a') default 1 = 1; end", []],
  ["begin not atomic declare exit handler for `execute` select 1; end", []],
  ["select a handler, execute from t", []],
  ["if 0 then select 1; elseif 1 then set @a = 1; end if", ["set-variable"]],
  ["begin if 0 then select 1; elsif 1 then set @a = 1; end if; end", ["set-variable"]],
  ["if (case when 1 then 1 else 0 end) then set @a = 1; end if", ["set-variable"]],
  ["case 1 when 1 then set @a = 1; end case", ["set-variable"]],
  ["case 1 when 2 then select 1; when 1 then set @a = 1; end case", ["set-variable"]],
  ["repeat set @a = 1; until 1 end repeat", ["set-variable"]],
  ["begin work", []],
  ["set @a = (@b := 1)", ["set-variable", "set-variable"]],
  ["lock table t read", ["lock-tables"]],
  ["create table event as select get_lock('a', 1)", ["named-lock"]],
  ["create or replace view function as select get_lock('a', 1) as a", ["named-lock"]],
  ["create unique index event on t (a, begin); set @a = 1", ["set-variable"]],
  ["create database event; set @a = 1", ["set-variable"]],
  [`select '${"a".repeat(16_400)}'`, ["long-statement"]],
  ['set @a = ","', ["set-variable"]],
  ["set @a = greatest(1, @b)", ["set-variable"]],
  ["set sql_mode := 'ANSI'", ["set-tracked-variable"]],
  ["set sort_buffer_size = 1, sql_mode = 'ANSI'", ["set-variable", "set-tracked-variable"]],
  ["set global max_connections = 1, @a = 1", ["set-global", "set-variable"]],
  ["set global max_connections = 1, wait_timeout = 1", ["set-global", "set-global"]],
  ["set global max_connections = 1, session sort_buffer_size = 1", ["set-global", "set-variable"]],
  ["set global max_connections = 1, @@sort_buffer_size = 1", ["set-global", "set-variable"]],
  ["set sql_mode = @a := 'ANSI'", ["set-variable", "set-tracked-variable"]],
  ["set @@`sql_mode` = 'ANSI'", ["set-tracked-variable"]],
  ["set @@tx_isolation = 'SERIALIZABLE'", ["next-transaction"]],
  ["set @@transaction_read_only = 1", ["next-transaction"]],
  ["set password for a@localhost = password('x'), @a = 1", ["set-variable"]],
  ["set resource group g for 1, 2", []],
  ["select 1 as `into`, @a", []],
  ["select /*! 1 + 1*/ as a", ["executable-comment"]],
  ["if `then` = 1 then set @a = 1; end if", ["set-variable"]],
  ["if a > 1 then set @a = 1; end if", ["set-variable"]],
  ["create temporary table t select case when 1 then 2 else 3 end as a", ["temporary-table"]],
  ["execute immediate @a := 'select 1'", ["set-variable", "prepare-text"]],
  ["create definer = `event`@`%` view v as select get_lock('a', 1)", ["named-lock"]],
  ["select event, get_lock('a', 1) from t", ["named-lock"]],
  ["select read, export from t", []],
])("finds the effects of %s", (text, effects) => {
  expect(mysqlEffects(text)).toEqual(effects);
});

const inBody = (body: string): string => `create procedure p() begin ${body}; set @b = 1; end; set @a = 1`;

test.each([
  [inBody("loop set @x = 1; leave l; end loop")],
  [inBody("l: while 0 do set @x = 1; end while l")],
  [inBody("repeat set @x = 1; until 1 end repeat")],
  [inBody("begin if 1 then begin set @x = 1; end; end if; end")],
  [inBody("if 1 then if 1 then set @x = 1; end if; else if 1 then set @x = 1; end if; end if")],
  [inBody("while 0 do if 1 then set @x = 1; end if; end while")],
  [inBody("loop if 1 then leave l; end if; end loop")],
  [inBody("repeat if 1 then set @x = 1; end if; until 1 end repeat")],
  [inBody("l: loop leave l; end loop")],
  ...["begin", "end", "case"].map((column) => [inBody(`select t.${column} from t`)]),
  [inBody("select `end` from t")],
  [inBody("do if(1, 2, 3)")],
  [inBody("do begin + 1")],
  [inBody("case 1 when 1 then if 1 then set @x = 1; end if; end case")],
  [inBody("case when begin then set @x = 1; end case")],
  [inBody("if 1 then set @x = case when 1 then if(1, 2, 3) end; end if")],
  [inBody("select position('a' in begin) from t")],
  [inBody("set @x = case when 1 then case when 2 then 3 end end")],
  ...["select", "select distinct", "select 1 from", "select 1 from t where", "select a from t having"].map(
    (before) => [inBody(`${before} begin`)],
  ),
  ...["1 and", "1 or", "not", "a like", "a between"].map((before) => [inBody(`select ${before} begin`)]),
  [inBody("select a from t order by begin")],
  [inBody("select a from t join u on begin")],
  [inBody("select a as begin from t")],
  [inBody("select a into begin")],
  [inBody("set begin = 1")],
  ...["as", "is"].map((word) => [
    `create procedure p() ${word} begin set @b = 1; set @c = 1; end; set @a = 1`,
  ]),
  ["create procedure begin() select 1; set @a = 1"],
  ...[
    "deterministic",
    "contains sql",
    "modifies sql data",
    "comment 'x'",
    'comment "x"',
    "sql security definer",
    "sql security invoker",
  ].flatMap((property) => [
    [`create procedure p() ${property} begin set @b = 1; set @c = 1; end; set @a = 1`],
    [`create procedure p() ${property} if 1 then set @b = 1; set @c = 1; end if; set @a = 1`],
  ]),
  ["create trigger g before insert on t for each row if 1 then set @b = 1; set @c = 1; end if; set @a = 1"],
  ["create event e on schedule every 1 day do if 1 then set @b = 1; set @c = 1; end if; set @a = 1"],
  ["create function f() returns int return begin; set @a = 1"],
])("finds only what follows a stored program: %s", (text) => {
  expect(mysqlEffects(text)).toEqual(["set-variable"]);
});
