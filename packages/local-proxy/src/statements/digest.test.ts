import { expect, test } from "vitest";
import { tokenize as tokenizeMysql } from "../mysql/tokenize.js";
import { tokenize as tokenizePostgres } from "../postgres/tokenize.js";
import { digestOf } from "./digest.js";

// The first four come from public logs of RDS Proxy.
test.each([
  ["set search_path to $1,$2,$3", "SET search_path TO 'a', b, \"c\""],
  ["set search_path = $1; set names $2;", "SET search_path = \"public\"; SET NAMES 'UTF8';"],
  ["set client_encoding to $1", "SET client_encoding TO utf8"],
  [
    "set session characteristics as transaction isolation level $1 uncommitted",
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ UNCOMMITTED",
  ],
  ['select $1,$2,$3 from "T"', "SELECT 'secret', /* comment */ E'it\\'s', $$dollar$$ FROM \"T\""],
  ["select $1", "select 'it is not closed"],
])("PostgreSQL: %s", (digest, text) => {
  expect(digestOf(tokenizePostgres(text), (index) => `$${index}`)).toBe(digest);
});

test.each([
  ["set @total = ?,sql_mode = ?", "SET @total = 5, sql_mode = 'ANSI'"],
  ["create temporary table `t` (id int default ?)", "CREATE TEMPORARY TABLE `t` (id INT DEFAULT 0x1F)"],
  ["select get_lock(?,?)", 'SELECT GET_LOCK("it\\"s", 10) -- comment'],
  ["/*!...*/ select ?", "/*!40101 SET NAMES utf8 */ select 1"],
])("MySQL: %s", (digest, text) => {
  expect(digestOf(tokenizeMysql(text), () => "?")).toBe(digest);
});

test("a long statement is cut off", () => {
  const digest = digestOf(tokenizePostgres(`select ${"a,".repeat(5000)}b`), (index) => `$${index}`);
  expect(digest.length).toBe(1003);
  expect(digest.endsWith("...")).toBe(true);
});
