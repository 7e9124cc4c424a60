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
  [mysql, "'unterminated", ["string 'unterminated"]],
])("%j: %s", (dialect, text, tokens) => {
  expect(tokensOf(text, dialect)).toEqual(tokens);
});

test.each([
  ['U&"d\\0061t\\+000061"', "data"],
  ["U&\"d!0061t!!a\" UESCAPE '!'", "dat!a"],
  ['u&"\\d83d\\DE00\\\\"', "😀\\"],
  ['U&"A""b"', 'a""b'],
])("the name of %s is %s", (text, name) => {
  const reader = new TokenReader(text, postgres);
  expect(reader.next()).toBe(true);
  expect(reader.name).toBe(name);
  expect(reader.end).toBe(text.length);
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
