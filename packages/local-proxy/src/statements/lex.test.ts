import fc from "fast-check";
import { expect, test } from "vitest";
import { findMysqlEffects } from "../mysql/pin-rules.js";
import { tokenize as tokenizeMysql } from "../mysql/tokenize.js";
import { findPostgresPins } from "../postgres/pin-rules.js";
import { tokenize as tokenizePostgres } from "../postgres/tokenize.js";
import { digestOf } from "./digest.js";
import type { Token } from "./lex.js";

// Texts that have a meaning in one of the dialects.
const fragment = fc.constantFrom(
  ...[
    "a",
    "é",
    "İ",
    "1",
    "11a",
    "1.",
    "1e",
    "0x",
    ".",
    "\n",
    " ",
    "\\",
    "'",
    "''",
    '"',
    "`",
    "$",
    "$a$",
    "$A$",
  ],
  ...[
    "/*",
    "*/",
    "/*!",
    "--",
    "#",
    "e'",
    "u&'",
    "@",
    "@@",
    "@'",
    "@a:=",
    "@a,",
    "?",
    "(",
    ")",
    ",",
    ";",
    "=",
  ],
  ...[
    "set ",
    "select ",
    "into ",
    "into @a,",
    "set_config(",
    "set_config(a,b,",
    "get_lock(",
    "create or ",
    "lock ",
    "create procedure p() ",
    "begin ",
    "if(",
    "if ",
    "case ",
    "end ",
    "for ",
    "then ",
    "set statement ",
    "begin atomic ",
    "explain analyze ",
    "update ",
    ".",
    "'\n'",
  ],
);
const statement = fc.array(fc.oneof({ weight: 9, arbitrary: fragment }, fc.string()), { maxLength: 20 });

const dialects = [
  { dialect: "PostgreSQL", tokenize: (text: string) => tokenizePostgres(text), judge: findPostgresPins },
  {
    dialect: "PostgreSQL without standard_conforming_strings",
    tokenize: (text: string) => tokenizePostgres(text, true),
    judge: findPostgresPins,
  },
  { dialect: "MySQL", tokenize: (text: string) => tokenizeMysql(text), judge: findMysqlEffects },
  {
    dialect: "MySQL without escapes",
    tokenize: (text: string) => tokenizeMysql(text, { hasEscapes: false }),
    judge: findMysqlEffects,
  },
  {
    dialect: "MySQL with ANSI_QUOTES",
    tokenize: (text: string) => tokenizeMysql(text, { hasAnsiQuotes: true }),
    judge: findMysqlEffects,
  },
  {
    dialect: "MySQL with ANSI_QUOTES, without escapes",
    tokenize: (text: string) => tokenizeMysql(text, { hasEscapes: false, hasAnsiQuotes: true }),
    judge: findMysqlEffects,
  },
];

/** The tokens as a text; a comment counts as white space. */
function write(tokens: readonly Token[]): string {
  const text = tokens.map((token) => (token.isSpaced ? `/**/${token.text}` : token.text)).join("");
  // At the end of the text two dashes would begin a comment.
  return tokens.at(-1)?.kind === "symbol" ? `${text}/**/` : text;
}

test.each(dialects)(
  "$dialect: tokens contain the whole text except for white space",
  ({ tokenize, judge }) => {
    fc.assert(
      fc.property(statement, (fragments) => {
        const tokens = tokenize(fragments.join(""));
        expect(tokenize(write(tokens))).toEqual(tokens);
        judge(tokens);
        expect(digestOf(tokens, (index) => `$${index}`).length).toBeLessThanOrEqual(1003);
      }),
      { numRuns: 1000 },
    );
  },
);

// Quadratic reading would take 10^10 steps here, so the test would time out.
const longText = 256 * 1024;

test.each(dialects)(
  "$dialect: a long text is read in linear time, whatever is repeated in it",
  ({ tokenize, judge }) => {
    fc.assert(
      fc.property(fragment, fragment, fc.constantFrom("", "set ", "select a into "), (one, other, start) => {
        const tokens = tokenize(start + (one + other).repeat(longText / (one + other).length));
        judge(tokens);
        digestOf(tokens, () => "?");
      }),
      { numRuns: 15 },
    );
  },
);

// Each way to split the dashes into comments would be tried, if the text of a comment could end before its line does.
test("a string before a long line of dashes is read once", () => {
  for (const hasEscapes of [false, true]) {
    const tokens = tokenizePostgres(`select e'a' ${"-- e'a'".repeat(10_000)}`, hasEscapes);
    expect(tokens.map(({ text }) => text)).toEqual(["select", "e'a'"]);
    const continued = tokenizePostgres(`select e'a' ${"-- e'a'".repeat(10_000)}\n -- b\n 'c'`, hasEscapes);
    expect(continued).toHaveLength(2);
  }
});

test("nested calls are read once", () => {
  const nested = tokenizePostgres("set_config(a,b,".repeat(30_000));
  expect(findPostgresPins(nested)).toHaveLength(30_000);
});

test("a long list of variables is read once", () => {
  const variables = tokenizeMysql(`select 1 into @a${",@a".repeat(100_000)}`);
  expect(findMysqlEffects(variables).rules).toHaveLength(100_001);
});

test("dollar quotes end at a tag of the same case", () => {
  const tokens = tokenizePostgres("select $a$ $A$; set x = 1; $a$");
  expect(tokens.map(({ kind }) => kind)).toEqual(["word", "string"]);
});

test("a name that begins with digits is one token", () => {
  expect(tokenizeMysql("0xa\u0130 0xa").map(({ kind }) => kind)).toEqual(["word", "number"]);
  expect(tokenizeMysql("select 111a, 1.5e3").map(({ text }) => text)).toEqual([
    "select",
    "111a",
    ",",
    "1.5e3",
  ]);
});
