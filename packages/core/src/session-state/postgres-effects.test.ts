import { expect, test } from "vitest";
import type { EffectKind } from "./effects.js";
import { postgresEffects } from "./postgres-effects.js";

test.each([
  ...["from", "where", "group", "having", "window", "order", "limit", "offset", "fetch", "for"],
  ...["union", "intersect", "except"],
])("SELECT ... INTO temp creates an ordinary table of this name if %s follows", (word) => {
  expect(postgresEffects(`select a into temp ${word} b`)).toEqual([]);
  expect(postgresEffects(`select a into temp t ${word} b`)).toEqual(["temporary-object"]);
});

test.each<[string, EffectKind[]]>([
  ["select set_config(E'seed', '0.5', false)", ["set", "random-seed"]],
  ["select set_config('app.seed', 'seed', false)", ["set"]],
  ["select set_config('a.b', 'seed', false)", ["set"]],
  ["select set_config('a.b', 'c', istrue) from t", ["set"]],
  ["select set_config('a.b', 'c', true_) from t", ["set"]],
  ["select set_config('a.b', 'c', true and false)", ["set"]],
  ...["tr", "tru", "true", "y", "ye"].map((literal): [string, EffectKind[]] => [
    `select set_config('a.b', 'c', '${literal}')`,
    ["set-local"],
  ]),
  ["set seed.a = 1", ["set"]],
  ["set local seed.a = 1", ["set-local"]],
  ["reset seed", ["set"]],
  ["set local.seed = 1", ["set"]],
  ["select setseed(0.1) from seed", ["random-seed"]],
  ["explain analyse create temp table t as select 1", ["temporary-object"]],
  ["explain analyze execute p", ["execute"]],
  ["explain analyze declare c cursor for select 1", ["cursor"]],
  ["explain with x as (select 1) select 1 as id into temp t from x", []],
  ["update U&\"pg\\005fsettings\" set setting = 'off'", ["set"]],
  ["update \"pg_settings\" set setting = 'off'", ["set"]],
  ["select * from pg_settings", []],
  ["select into_ from temp", []],
  ["select a.b into t from temp", []],
  ["select 1 as id into pgt.t", []],
  ["create table pgtemp.t (id int)", []],
  ["create temp table t (drop_ int, hold int)", ["temporary-object"]],
  ["alter table t drop a; create temp table drop (id int)", ["temporary-object"]],
  ["declare c cursor for select hold from t", ["cursor"]],
  [
    "create function f() returns int begin atomic select case when a then 1 end; select setval('s', 1); end",
    [],
  ],
  ["create function f(atomic int) returns int return case when atomic then 1 end; listen jobs", ["listen"]],
  ["create table function (id int default nextval('s'))", ["sequence-function"]],
  ["create view v as select nextval('s') as procedure", ["sequence-function"]],
  ["alter function f() owner to a; listen jobs", ["listen"]],
  ["drop function f(); select nextval('s')", ["sequence-function"]],
  [`select '${"a".repeat(16_400)}'`, ["long-statement"]],
  ["select set_config('a.b', $1,", ["set"]],
  ["select a into t from pg_temp.u", []],
  ["create function pg_temp_size(regclass) returns int language sql as 'select 1'", []],
  ["create function f() returns int begin atomic select a from pg_temp.t; end", []],
  [
    "create or replace procedure pg_temp.p() language sql as 'select 1'; listen jobs",
    ["temporary-function", "listen"],
  ],
  ["select * from pg_temp.t", []],
  ['select * from "into" temp join t on true', []],
  ["select function, nextval('s') from t", ["sequence-function"]],
  ["create temp table function (id int default nextval('s'))", ["sequence-function", "temporary-object"]],
  ["create or replace view function as select nextval('s') as id", ["sequence-function"]],
  ...[
    "select 1 as begin",
    "select 1 as case",
    "select 1 as end",
    "select a.case from a",
    "select a.end from a",
    'select "end" from a',
    "select begin from a",
  ].map((statement): [string, EffectKind[]] => [
    `create function f() returns int begin atomic ${statement}; select setval('s', 1); end; listen jobs`,
    ["listen"],
  ]),
])("finds the effects of %s", (text, effects) => {
  expect(postgresEffects(text)).toEqual(effects);
});

test("a backslash escapes a quote while standard_conforming_strings is off", () => {
  const text = "select 'a\\'; set work_mem = 1; --'";
  expect([postgresEffects(text, false), postgresEffects(text, true)]).toEqual([["set"], []]);
});
