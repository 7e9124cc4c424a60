import { describeFailure } from "../describe-failure.js";
import type { SettingResult } from "../probe-report.js";
import { decided, undecided } from "../probe-report.js";
import type { ProbeSession } from "../probe-session.js";
import type { Experiment } from "./experiment.js";
import type { PinCheck, PinVerdict } from "./pin-check.js";

/** One way to do what a rule is about. */
export interface Variant<Session> {
  /** What it does, such as `SET`. */
  readonly name: string;
  /** Leaves nothing behind, whether it pins or not. */
  act(session: Session): Promise<unknown>;
}

/** What a variant showed. */
export type Showing =
  | { readonly name: string; readonly pins: boolean }
  | { readonly name: string; readonly doubt: string };

/** The experiment of one rule. Its variants have to agree. */
export function pinRule<Session extends ProbeSession>(
  rule: string,
  variants: readonly Variant<Session>[],
  check: PinCheck<Session>,
): Experiment {
  const setting = `pinning.rules.${rule}`;
  return {
    summary: variants.map(({ name }) => name).join(", "),
    settings: [setting],
    async decide() {
      const showings: Showing[] = [];
      for (const variant of variants) showings.push(await showingOf(variant, check));
      return [conclude(setting, showings)];
    },
  };
}

export async function showingOf<Session extends ProbeSession>(
  { name, act }: Variant<Session>,
  check: PinCheck<Session>,
): Promise<Showing> {
  try {
    return showingIn(name, await check.check(act));
  } catch (error) {
    return { name, doubt: describeFailure(error) };
  }
}

/** A statement that the server refused proves something only if it pins: it might pin if it succeeded. */
function showingIn(name: string, { isPinned, refusal }: PinVerdict): Showing {
  if (isPinned || refusal === undefined) return { name, pins: isPinned };
  return { name, doubt: `the server refused it (${refusal}), and it did not pin` };
}

/** The value of a rule on which all of its variants agree. */
export function conclude(setting: string, showings: readonly Showing[]): SettingResult {
  const pins = showings.map((showing) => ("pins" in showing ? showing.pins : undefined));
  const [first] = pins;
  if (first !== undefined && pins.every((each) => each === first)) return decided(setting, first);
  return undecided(setting, showings.map(describeShowing).join("; "));
}

function describeShowing(showing: Showing): string {
  if ("doubt" in showing) return `${showing.name}: ${showing.doubt}`;
  return `${showing.name} ${showing.pins ? "pins" : "does not pin"}`;
}
