import type { BackslashReading } from "../../../packages/adapter-mysql2/src/driver/text-literal.js";
import { withoutEscapes } from "../../../packages/adapter-sequelize/src/dialects/escaped-text.js";
import { inlineBinds } from "../../../packages/adapter-sequelize/src/dialects/inline-binds.js";
import { scanMysql } from "../../../packages/adapter-sequelize/src/dialects/scan-mysql.js";
import { postgresZone } from "../../../packages/adapter-sequelize/src/dialects/session-zone.js";
import { ByteChoices } from "../byte-choices.js";
import { type Target, texts } from "../target.js";
import { statements } from "./statements.js";

const READINGS: readonly BackslashReading[] = ["escape", "character", "unknown"];

const binding = texts(
  "\x02INSERT INTO `t` (`id`,`name`) VALUES (?,?) ON DUPLICATE KEY UPDATE `name`=VALUES(`name`);",
  "\x03UPDATE `t` SET `a`=?,`b`=ST_GeomFromText(?) WHERE `id` IN (?, ?) AND `c` LIKE ? -- x\n",
  "\x04DELETE FROM t WHERE a BETWEEN ? AND ? AND NOT b <=> ? /* c */ LIMIT 1",
  "\x05SELECT 'it\\'s', \"a\\\"b\", N'c' FROM t",
);

/** How the Sequelize adapter reads and rewrites statements. */
export const sequelizeTargets: readonly Target[] = [
  {
    name: "sequelize-statement",
    covers: ["/adapter-sequelize/src/dialects/"],
    isLinear: true,
    seeds: [...statements.map((text) => Buffer.concat([Buffer.from("\x01"), text])), ...binding],
    feed(input) {
      const choices = new ByteChoices(input);
      const first = choices.byte();
      const sql = choices.rest();
      for (const reading of READINGS) {
        checkTokens(sql, reading);
        withoutEscapes(sql, reading);
        checkBinds(sql, first, reading);
      }
      postgresZone(sql);
    },
  },
];

/** Tokens follow one another. */
function checkTokens(sql: string, reading: BackslashReading): void {
  let end = 0;
  for (const token of scanMysql(sql, reading) ?? []) {
    if (token.start < end || token.end <= token.start || token.end > sql.length)
      throw new Error(`${token.kind} from ${token.start} to ${token.end} after ${end}`);
    end = token.end;
  }
}

const VALUES = [
  null,
  1,
  -1.5,
  true,
  "a",
  'it\'s \\ "x"',
  "中\\",
  10n,
  Buffer.from("'\\"),
  "2026-01-05",
] as const;

/** A statement with values in its text has no placeholder left, and the same end. */
function checkBinds(sql: string, first: number, reading: BackslashReading): void {
  const tokens = scanMysql(sql, reading === "escape" ? "escape" : "unknown");
  const count = tokens?.filter(({ kind }) => kind === "placeholder").length ?? 0;
  const values = Array.from({ length: count }, (_, index) => VALUES[(first + index) % VALUES.length]);
  const text = inlineBinds(sql, values, reading, ({ column }) =>
    column === "a" ? "INTEGER" : "VARCHAR(255)",
  );
  if (text === undefined || reading !== "escape") return;
  const written = scanMysql(text, "escape");
  if (!written) throw new Error(`${text} cannot be read`);
  if (written.some(({ kind }) => kind === "placeholder")) throw new Error(`${text} has a placeholder`);
  const [last, before] = [written.at(-1), tokens?.at(-1)];
  if (before?.kind !== "placeholder" && last?.kind !== before?.kind)
    throw new Error(`${text} ends with another token`);
}
