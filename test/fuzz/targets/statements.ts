/** Statements with what lexers have to tell apart, and with what pins. */
export const statements: readonly Buffer[] = [
  "create procedure p() begin if exists (select 1) then set @a = if(1, 2, 3); end if; end; call p(@out)",
  "begin not atomic case 1 when 1 then set @a = 1; end case; end; set @@session . sql_mode = 'x'",
  "create function f() returns int begin atomic select case when a then 1 end; end; update pg_settings set a = 1",
  "explain (analyze) create temp table t as select U&\"set!005fconfig\" uescape '!' (1, 2, E'a'\n'\\'b')",
  "select 1, 'it''s', \"T\", $1, 1.5e3 -- comment",
  "SET search_path TO a; select set_config('a', 'b', true)",
  "create temp table t as select $a$ text $a$, E'\\'' /* /* nested */ */",
  "select nextval('s'), pg_advisory_lock(1) into temp x",
  "SET @a = 1, @@session.sql_mode = 'ANSI', GLOBAL x = 2; select get_lock('a', 1)",
  "/*!40101 SET NAMES utf8 */ select `a` into @b, @c",
  "create or replace temporary table t; flush tables with read lock; set session transaction read only",
].map((text) => Buffer.from(text));
