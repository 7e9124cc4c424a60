import { describeValue, invalidOption } from "@rds-proxy/core/adapter";

/** Why the other character sets that mysql2 knows are refused. */
const UNSAFE_CHARSETS: Readonly<Record<string, string>> = {
  ...reasonOf(
    "latin1 ascii binary",
    "mysql2 keeps one byte of each character, which makes a quote of U+0127",
  ),
  ...reasonOf(
    "big5 cp932 gb18030 gb2312 gbk sjis ujis",
    "characters are written with the byte of a backslash, so that values cannot be escaped",
  ),
  ...reasonOf("ucs2 utf16 utf16le utf32", "MySQL takes no statements in it"),
  ...reasonOf("dec8 eucjpms geostd8 hp8 keybcs2 swe7", "mysql2 cannot encode text"),
  ...reasonOf("armscii8", "mysql2 writes parentheses, commas and dots as other characters"),
};

const UNICODE_LANGUAGES =
  "icelandic latvian romanian slovenian polish estonian spanish swedish turkish czech danish lithuanian slovak spanish2 " +
  "roman persian esperanto hungarian sinhala german2 croatian unicode_520 vietnamese general unicode";
const UCA_0900_LANGUAGES = "de_pb is lv ro sl pl et es sv tr cs da lt sk es_trad la eo hu hr vi ru";

/** The collations that mysql2 knows for each safe character set, without the character set's name in front. */
const COLLATIONS: Readonly<Record<string, string>> = {
  cp1250: "general_ci czech_cs croatian_ci bin polish_ci",
  cp1251: "bulgarian_ci ukrainian_ci bin general_ci general_cs",
  cp1256: "general_ci bin",
  cp1257: "lithuanian_ci bin general_ci",
  cp850: "general_ci bin",
  cp852: "general_ci bin",
  cp866: "general_ci bin",
  euckr: "korean_ci bin",
  greek: "general_ci bin",
  hebrew: "general_ci bin",
  koi8r: "general_ci bin",
  koi8u: "general_ci bin",
  latin2: "czech_cs general_ci hungarian_ci croatian_ci bin",
  latin5: "turkish_ci bin",
  latin7: "estonian_cs general_ci general_cs bin",
  macce: "general_ci bin",
  macroman: "general_ci bin",
  tis620: "thai_ci bin",
  utf8: `bin tolower_ci general_mysql500_ci general50_ci ${ending(UNICODE_LANGUAGES, "_ci")}`,
  utf8mb4:
    "bin 0900_ai_ci 0900_as_cs 0900_as_ci 0900_bin ja_0900_as_cs ja_0900_as_cs_ks zh_0900_as_cs " +
    `${ending(UNICODE_LANGUAGES, "_ci")} ${ending(UCA_0900_LANGUAGES, "_0900_ai_ci")} ` +
    ending(UCA_0900_LANGUAGES, "_0900_as_cs"),
};

const EXPECTED =
  "a character set or collation that mysql2 knows and that is safe, such as utf8mb4_unicode_ci";
const REMEDY = "Leave it out, or use utf8mb4: the server converts text to the character set of each column.";

/** Set by the module that `@rds-proxy/bundling` puts in iconv-lite's place: mysql2 then knows UTF-8 and CESU-8 only. */
const UTF8_ONLY = Symbol.for("@rds-proxy/utf8-only");
const LEFT_OUT =
  "This bundle has no tables of other character sets: @rds-proxy/bundling has left iconv-lite out. ";

function isUtf8Only(): boolean {
  return Reflect.has(globalThis, UTF8_ONLY);
}

/**
 * Checks mysql2's option `charset`.
 *
 * @throws RdsProxyError for a name that mysql2 does not know, and for a character set in which a value could close its quotes
 */
export function checkCharset(option: string, value: unknown): void {
  if (typeof value !== "string" || !isKnown(value.toLowerCase())) {
    throw invalidOption(option, EXPECTED, describeValue(value), reasonAgainst(value) + REMEDY);
  }
  if (isUtf8Only() && !value.toLowerCase().startsWith("utf8"))
    throw invalidOption(option, "utf8mb4 or utf8", describeValue(value), LEFT_OUT + REMEDY);
}

type Ranges = readonly (readonly [first: number, last: number])[];

/** Numbers of the collations with a safe character set, from mysql2's own table; the last range is MariaDB's `uca1400`. */
const SAFE_NUMBERS = rangesOf(
  "2 4 7 9 14 16-23 25-27 29-30 33-34 36 38-46 50-53 57-59 66-68 70-71 74-81 83 85 89 99 125-127 152-158 184-247 251-309 " +
    "2048-2559",
);
/** Of these the ones of `utf8mb4` and `utf8mb3`. */
const UTF8_NUMBERS = rangesOf("17 33 45-46 76 83 125-127 152-158 184-247 251-309 2048-2559");

function rangesOf(text: string): Ranges {
  return text.split(" ").map((range) => {
    const [first = Number.NaN, last = first] = range.split("-").map(Number);
    return [first, last];
  });
}

/**
 * Checks mysql2's option `charsetNumber`.
 *
 * @throws RdsProxyError for a collation of an unsafe or unknown character set
 */
export function checkCharsetNumber(option: string, value: unknown): void {
  const isIn = (ranges: Ranges): boolean =>
    Number.isInteger(value) &&
    ranges.some(([first, last]) => first <= Number(value) && Number(value) <= last);
  if (!isIn(SAFE_NUMBERS)) {
    const expected = "the number of a collation that is safe, such as 224";
    throw invalidOption(option, expected, describeValue(value), REMEDY);
  }
  if (isUtf8Only() && !isIn(UTF8_NUMBERS)) {
    throw invalidOption(
      option,
      "the number of a collation of utf8mb4 or utf8",
      describeValue(value),
      LEFT_OUT + REMEDY,
    );
  }
}

/** Whether a safe character set or one of its collations has this name. */
function isKnown(name: string): boolean {
  return Object.entries(COLLATIONS).some(
    ([charset, ends]) => name === charset || ends.split(" ").some((end) => name === `${charset}_${end}`),
  );
}

function reasonAgainst(value: unknown): string {
  if (typeof value !== "string") return "";
  const [charset = ""] = value.toLowerCase().split("_");
  return Object.hasOwn(UNSAFE_CHARSETS, charset) ? `With ${charset}, ${UNSAFE_CHARSETS[charset]}. ` : "";
}

function reasonOf(charsets: string, reason: string): Record<string, string> {
  return Object.fromEntries(charsets.split(" ").map((charset) => [charset, reason]));
}

function ending(languages: string, end: string): string {
  return languages
    .split(" ")
    .map((language) => language + end)
    .join(" ");
}
