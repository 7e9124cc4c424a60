import fc from "fast-check";
import { expect, test } from "vitest";
import { type Dialect, TokenReader } from "./token-reader.js";

function tokensOf(text: string, dialect: Dialect): string[] {
  const reader = new TokenReader(text, dialect);
  const tokens: string[] = [];
  while (reader.next()) tokens.push(`${reader.kind} ${text.slice(reader.start, reader.end)}`);
  return tokens;
}

const postgres: Dialect = { engine: "postgres", hasBackslashEscapes: false };
const mysql: Dialect = { engine: "mysql", hasBackslashEscapes: true };
const plainMysql: Dialect = { engine: "mysql", hasBackslashEscapes: false };

test.each<[Dialect, string, string[]]>([
  [postgres, "'a''b' 'c'", ["string 'a''b'", "string 'c'"]],
  [postgres, "'a\\' 'b'", ["string 'a\\'", "string 'b'"]],
  [postgres, "E'a\\'b' e''", ["string E'a\\'b'", "string e''"]],
  [postgres, "E'a' -- '\n'\\'b' c", ["string E'a' -- '\n'\\'b'", "word c"]],
  [postgres, "E'a' -- 'b'", ["string E'a'"]],
  [postgres, "E'a' /* */\n'b'", ["string E'a'", "string 'b'"]],
  [postgres, 'U&"a""b" u & "c"', ['quoted-name U&"a""b"', "word u", "symbol &", 'quoted-name "c"']],
  [
    postgres,
    "u&\"a\" /* \" */ uescape -- '\n'!'.b",
    ["quoted-name u&\"a\" /* \" */ uescape -- '\n'!'", "symbol .", "word b"],
  ],
  [{ engine: "postgres", hasBackslashEscapes: true }, "'a\\'b'", ["string 'a\\'b'"]],
  [postgres, '"a""b".c', ['quoted-name "a""b"', "symbol .", "word c"]],
  [postgres, "$$a$b$$ $1 a$b$c", ["string $$a$b$$", "word $1", "word a$b$c"]],
  [postgres, "$a$ $A$ $a$x", ["string $a$ $A$ $a$", "word x"]],
  [postgres, "/* /* */ */ a -- b\rc", ["word a", "word c"]],
  [postgres, "/* /*/ */ */ a", ["word a"]],
  [postgres, "/* /* */* */ a", ["word a"]],
  [postgres, "/**/*b/* /**/ /* */ */c", ["symbol *", "word b", "word c"]],
  [postgres, "a /* /* */ b", ["word a"]],
  [postgres, "a--b", ["word a"]],
  [postgres, "1.5e3 123abc", ["number 1.5", "word e3", "number 123", "word abc"]],
  [postgres, "größe > 1", ["word größe", "symbol >", "number 1"]],
  [mysql, "'a\\'b' \"c\\\"d\"", ["string 'a\\'b'", 'quoted-name "c\\"d"']],
  [plainMysql, "'a\\' 'b'", ["string 'a\\'", "string 'b'"]],
  [mysql, "`a``b` $c 1a", ["quoted-name `a``b`", "word $c", "word 1a"]],
  [mysql, "a # b\nc -- d\ne--f", ["word a", "word c", "word e", "symbol -", "symbol -", "word f"]],
  [mysql, "/* /* */ a", ["word a"]],
  [mysql, "/*!50001 a */ b", ["executable-comment /*!50001", "word a", "word b"]],
  [mysql, "/*M!100101 a */", ["executable-comment /*M!100101", "word a"]],
  [
    mysql,
    "@a @@b.c @'d e' @`f`",
    ["user-variable @a", "system-variable @@b.c", "user-variable @'d e'", "user-variable @`f`"],
  ],
  [
    postgres,
    "_a Z[1] z:1",
    ["word _a", "word Z", "symbol [", "number 1", "symbol ]", "word z", "symbol :", "number 1"],
  ],
  [postgres, "\u0080 \u007f", ["word \u0080", "symbol \u007f"]],
  [postgres, "fe'a\\' b", ["word fe", "string 'a\\'", "word b"]],
  [postgres, "n'a\\' b", ["word n", "string 'a\\'", "word b"]],
  [postgres, "E'\\\\' b", ["string E'\\\\'", "word b"]],
  [postgres, "E'\\'\\\\' b", ["string E'\\'\\\\'", "word b"]],
  [postgres, "E'a'\r'\\'b' c", ["string E'a'\r'\\'b'", "word c"]],
  [postgres, "E'a' 'b\\' c", ["string E'a'", "string 'b\\'", "word c"]],
  [postgres, "E'a' -\n'b'", ["string E'a'", "symbol -", "string 'b'"]],
  [postgres, "E'a' +--\n'b\\' c", ["string E'a'", "symbol +", "string 'b\\'", "word c"]],
  [postgres, 'xu&"a"', ["word xu", "symbol &", 'quoted-name "a"']],
  [postgres, 'a&"b"', ["word a", "symbol &", 'quoted-name "b"']],
  [postgres, "u&'a\\' b", ["word u", "symbol &", "string 'a\\'", "word b"]],
  [postgres, "U&\"a\" -\nuescape '!'", ['quoted-name U&"a"', "symbol -", "word uescape", "string '!'"]],
  [postgres, "U&\"a\" +--\nuescape '!'", ['quoted-name U&"a"', "symbol +", "word uescape", "string '!'"]],
  [
    postgres,
    "U&\"a\" / b */ uescape '!'",
    ['quoted-name U&"a"', "symbol /", "word b", "symbol *", "symbol /", "word uescape", "string '!'"],
  ],
  [
    postgres,
    "U&\"a\" +* b */ uescape '!'",
    [
      'quoted-name U&"a"',
      ..."+*".split("").map((symbol) => `symbol ${symbol}`),
      "word b",
      "symbol *",
      "symbol /",
      "word uescape",
      "string '!'",
    ],
  ],
  [postgres, "U&\"a\" uescape 'bc'", ['quoted-name U&"a"', "word uescape", "string 'bc'"]],
  [postgres, "U&\"a\" uescape b 'c'", ['quoted-name U&"a"', "word uescape", "word b", "string 'c'"]],
  [{ engine: "postgres", hasBackslashEscapes: true }, '"a\\" b', ['quoted-name "a\\"', "word b"]],
  [postgres, "$é_1$ $ $é_1$ b", ["string $é_1$ $ $é_1$", "word b"]],
  [postgres, "$a b$ $ c", ["symbol $", "word a", "word b$", "symbol $", "word c"]],
  [postgres, "$1$a$ b", ["word $1$a$", "word b"]],
  [postgres, "$a$ b $", ["string $a$ b $"]],
  [postgres, "/*/ a */ b", ["word b"]],
  [postgres, "/* /*/ */ */ b", ["word b"]],
  [postgres, "/* /* */ b", []],
  [postgres, "/**/ a /**/ b", ["word a", "word b"]],
  [postgres, "/*! a */ b", ["word b"]],
  [
    postgres,
    "1 - 2 * 3 / 4",
    ["number 1", "symbol -", "number 2", "symbol *", "number 3", "symbol /", "number 4"],
  ],
  [postgres, "a # @b `", ["word a", "symbol #", "symbol @", "word b", "symbol `"]],
  [postgres, "1..2 .5", ["number 1..2", "symbol .", "number 5"]],
  [mysql, "\u0080 \u007f", ["word \u0080", "symbol \u007f"]],
  [mysql, "e'a' u&\"b\"", ["word e", "string 'a'", "word u", "symbol &", 'quoted-name "b"']],
  [plainMysql, "e'a\\' \"b\\\" c", ["word e", "string 'a\\'", 'quoted-name "b\\"', "word c"]],
  [mysql, "'\\\\' a", ["string '\\\\'", "word a"]],
  [mysql, "`a\\` b", ["quoted-name `a\\`", "word b"]],
  [mysql, "a --\u0001b", ["word a"]],
  [mysql, "a --", ["word a"]],
  [mysql, "-- a\rb\nc # d\re\nf", ["word c", "word f"]],
  [mysql, "/*/ a */ b", ["word b"]],
  [mysql, "/**/ a", ["word a"]],
  [mysql, "/*M a */ b /*N! c */ d", ["word b", "word d"]],
  [
    mysql,
    "/*! a * b / c */ d */ e",
    [
      "executable-comment /*!",
      "word a",
      "symbol *",
      "word b",
      "symbol /",
      "word c",
      "word d",
      "symbol *",
      "symbol /",
      "word e",
    ],
  ],
  [mysql, "a */ b", ["word a", "symbol *", "symbol /", "word b"]],
  [mysql, "1.5 1.a 1_2 2:3", ["number 1.5", "word 1.a", "word 1_2", "number 2", "symbol :", "number 3"]],
  [
    mysql,
    "@`a\\` @'b\\'c' @\"d\\\"e\" @f.g.h$1 @@`i j` @ k",
    [
      "user-variable @`a\\`",
      "user-variable @'b\\'c'",
      'user-variable @"d\\"e"',
      "user-variable @f.g.h$1",
      "system-variable @@`i j`",
      "user-variable @",
      "word k",
    ],
  ],
  [plainMysql, "@'a\\' @\"b\\\" c", ["user-variable @'a\\'", 'user-variable @"b\\"', "word c"]],
  [postgres, "E'a' -- \r'\\'b' c", ["string E'a' -- \r'\\'b'", "word c"]],
  [postgres, "U&\"a\" -- \ruescape '!' b", ["quoted-name U&\"a\" -- \ruescape '!'", "word b"]],
  [postgres, 'U&"a\\" b', ['quoted-name U&"a\\"', "word b"]],
  [mysql, "/* a", []],
  [mysql, "'unterminated", ["string 'unterminated"]],
])("%j: %s", (dialect, text, tokens) => {
  expect(tokensOf(text, dialect)).toEqual(tokens);
});

test.each([
  ['U&"d\\0061t\\+000061"', "data"],
  ["U&\"d!0061t!!a\" UESCAPE '!'", "dat!a"],
  ['u&"\\d83d\\DE00\\\\"', "😀\\"],
  ['U&"A""b"', 'a""b'],
  ["U&\"\\\" uescape '!'", "\\"],
  ['U&"\\+10FFFF"', "\u{10ffff}"],
])("the name of %s is %s", (text, name) => {
  const reader = new TokenReader(text, postgres);
  expect(reader.next()).toBe(true);
  expect(reader.name).toBe(name);
  expect(reader.end).toBe(text.length);
});

test("names are words, names in quotes and variables", () => {
  const names: string[] = [];
  const reader = new TokenReader("a `B` @c @@d 'e' 1 +", mysql);
  while (reader.next()) if (reader.isName) names.push(reader.name);
  expect(names).toEqual(["a", "b", "@c", "@@d"]);
});

test.each([
  [postgres, "1 `", "`"],
  [mysql, '1 u&"a"', "u"],
])("$engine: a token of one character is its name: %s", (dialect, text, name) => {
  const reader = new TokenReader(text, dialect);
  reader.next();
  reader.next();
  expect(reader.name).toBe(name);
});

test.each([
  ["a(", "a"],
  ['"abcd"(', "abcd"],
  ["abcdefg(", ""],
  ['U&"a\\0062c"(', "abc"],
])("the name before the parenthesis, if it can have up to four characters: %s", (text, name) => {
  const reader = new TokenReader(text, postgres);
  reader.next();
  reader.next();
  expect(reader.calledName(4)).toBe(name);
});

// Texts that have a meaning in one of the dialects.
const fragment = fc.constantFrom(
  ..."a é 1 1. 0x . \n \r \\ ' '' \" ` $ $a$ $$ /* */ /*! -- # e' u&' u&\" uescape @ @@ @' := ? ( ) , ; =".split(
    " ",
  ),
  " ",
);

test.each([postgres, mysql, plainMysql])("$engine: any text ends, and tokens do not overlap", (dialect) => {
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 9, arbitrary: fragment }, fc.string())), (fragments) => {
      const text = fragments.join("");
      const reader = new TokenReader(text, dialect);
      let end = 0;
      while (reader.next()) {
        expect(reader.start).toBeGreaterThanOrEqual(end);
        expect(reader.end).toBeGreaterThan(reader.start);
        end = reader.end;
      }
      expect(end).toBeLessThanOrEqual(text.length);
    }),
    { numRuns: 1000 },
  );
});

// Quadratic reading would take 10^10 steps, so the test would time out.
test.each([postgres, mysql, plainMysql])("$engine: a long text is read in linear time", (dialect) => {
  fc.assert(
    fc.property(fragment, fragment, (one, other) => {
      tokensOf((one + other).repeat(Math.floor(200_000 / (one + other).length)), dialect);
    }),
    { numRuns: 10 },
  );
});
