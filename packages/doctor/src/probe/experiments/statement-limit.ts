import { decided, type SettingResult, undecided } from "../probe-report.js";
import type { ProbeSession } from "../probe-session.js";
import type { Experiment } from "./experiment.js";
import type { PinCheck } from "./pin-check.js";

/** AWS documents 16 KB; the local proxy has no setting above that. */
const DOCUMENTED_LIMIT = 16_384;
/** All other statements of the probe are shorter. */
const SHORTEST_LIMIT = 512;
const FAR_ABOVE = 40_000;

const RULE = "pinning.rules.long-statement";
const LIMIT = "pinning.statementLimit";
const UNIT = "pinning.statementLimitUnit";
const BOUND = "pinning.countsBoundValues";

/**
 * Finds the longest statement that does not pin, and what is counted.
 *
 * @param bindValue binds a value of that many bytes to a short statement; undefined for MySQL, whose limit counts none
 */
export function statementLimit<Session extends ProbeSession>(
  check: PinCheck<Session>,
  bindValue?: (session: Session, bytes: number) => Promise<unknown>,
): Experiment {
  const pins = async (text: string): Promise<boolean> =>
    (await check.check((session) => session.query(text))).isPinned;
  return {
    summary: "SELECTs of up to 40,000 bytes",
    settings: [RULE, LIMIT, UNIT, ...(bindValue ? [BOUND] : [])],
    async decide() {
      const limit = await findLimit((bytes) => pins(selectOfLength(bytes, "x")));
      if (typeof limit !== "number") return limit;
      // Fewer characters than the limit, and more bytes.
      const isBytes = await pins(selectOfLength(Math.floor((limit * 2) / 3), "ä"));
      return [
        decided(RULE, true),
        decided(LIMIT, limit),
        decided(UNIT, isBytes ? "bytes" : "characters"),
        ...(bindValue ? [await countsBound(check, bindValue, limit)] : []),
      ];
    },
  };

  async function findLimit(
    pinsAt: (bytes: number) => Promise<boolean>,
  ): Promise<number | readonly SettingResult[]> {
    if (!(await pinsAt(DOCUMENTED_LIMIT + 1))) {
      const isAbove = await pinsAt(FAR_ABOVE);
      const reason = isAbove
        ? `a statement of ${DOCUMENTED_LIMIT + 1} bytes does not pin, and one of ${FAR_ABOVE} does: the local proxy has no such limit`
        : "no length pins";
      return [
        isAbove ? undecided(RULE, reason) : decided(RULE, false),
        ...[LIMIT, UNIT, ...(bindValue ? [BOUND] : [])].map((setting) => undecided(setting, reason)),
      ];
    }
    if (!(await pinsAt(DOCUMENTED_LIMIT))) return DOCUMENTED_LIMIT;
    let low = SHORTEST_LIMIT;
    let high = DOCUMENTED_LIMIT;
    if (await pinsAt(low)) {
      const reason = `a statement of ${low} bytes pins already, so that any statement of the probe might pin by its length`;
      check.distrust(reason);
      return [RULE, LIMIT, UNIT, ...(bindValue ? [BOUND] : [])].map((setting) => undecided(setting, reason));
    }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (await pinsAt(middle)) high = middle;
      else low = middle;
    }
    return low;
  }
}

async function countsBound<Session extends ProbeSession>(
  check: PinCheck<Session>,
  bindValue: (session: Session, bytes: number) => Promise<unknown>,
  limit: number,
): Promise<SettingResult> {
  if ((await check.check((session) => bindValue(session, 1))).isPinned) {
    return undecided(BOUND, "an unnamed statement with a short bound value pins already");
  }
  const { isPinned } = await check.check((session) => bindValue(session, limit + 1024));
  return decided(BOUND, isPinned);
}

/** A SELECT of that many characters. */
function selectOfLength(length: number, filling: string): string {
  return `select '${filling.repeat(length - "select ''".length)}'`;
}
