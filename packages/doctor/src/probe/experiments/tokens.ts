import { signAuthToken } from "@rds-proxy/core/diagnosis";
import type { AwsCredentials } from "@rds-proxy/core/internal";
import { decided, type SettingResult, undecided } from "../probe-report.js";
import type { ProbeRun } from "../probe-run.js";
import { ServerRefusal } from "../wire/server-refusal.js";
import { ProbeError } from "../wire/wire.js";
import type { Experiment } from "./experiment.js";

/** How a token differs from that of a login. */
interface TokenVariation {
  /** How far its date is ahead of the clock, in ms. */
  readonly aheadMs?: number;
  readonly lifetimeMs?: number;
  readonly signingHost?: string;
}

/** Logs in with this password, and closes the connection. */
export type TryPassword = (run: ProbeRun, password: string) => Promise<void>;

/** PostgreSQL's 28P01 and MySQL's 1045: the errors of a token that is not accepted. */
const REFUSED = ["28P01", "1045"];

const MINUTE_MS = 60_000;

/** In `clockSkewMs`. Other values than multiples would need a clock that agrees with that of AWS to the millisecond. */
const SKEW_STEP_MS = 10_000;
const MOST_SKEW_STEPS = 180;
/** Five minutes, as for other services of AWS. */
const GUESSED_SKEW_STEPS = 30;

/** The experiments with tokens of the user's own credentials that are signed in other ways. */
export function tokenExperiments(tryPassword: TryPassword): readonly Experiment[] {
  const isAccepted = async (run: ProbeRun, variation: TokenVariation): Promise<boolean> => {
    const password = signVariation(run, credentialsOf(run), variation);
    try {
      await tryPassword(run, password);
      return true;
    } catch (error) {
      if (error instanceof ServerRefusal && REFUSED.includes(error.code)) return false;
      throw error;
    }
  };
  let unchanged: Promise<boolean> | undefined;
  /** Without it, a refusal would prove nothing. */
  const expectAccepted = async (run: ProbeRun): Promise<void> => {
    unchanged ??= isAccepted(run, {});
    if (!(await unchanged)) throw new ProbeError("a token that is not changed is refused, too");
  };
  return [
    {
      summary: "logins with tokens that say another lifetime than 15 minutes",
      settings: ["tokenLifetime"],
      async decide(run) {
        await expectAccepted(run);
        // Both are within what is tolerated of clocks, whatever that is: five minutes as elsewhere at AWS.
        const short = await isAccepted(run, { aheadMs: -10 * MINUTE_MS, lifetimeMs: MINUTE_MS });
        const long = await isAccepted(run, { aheadMs: -22 * MINUTE_MS, lifetimeMs: 60 * MINUTE_MS });
        return [lifetimeOf(short, long)];
      },
    },
    {
      summary: "logins with tokens whose date is up to 30 minutes ahead",
      settings: ["clockSkewMs"],
      async decide(run) {
        await expectAccepted(run);
        // Half a step more, for the time that a login takes and the difference of the clocks.
        const toleratesSteps = (steps: number): Promise<boolean> =>
          isAccepted(run, { aheadMs: (steps + 0.5) * SKEW_STEP_MS });
        return [await findSkew(toleratesSteps)];
      },
    },
    {
      summary: "a login with a token for the host in capital letters",
      settings: ["tokenHostCase"],
      async decide(run) {
        const { signingHost } = run.options.endpoint;
        const capitals = signingHost.toUpperCase();
        if (capitals === signingHost) return [undecided("tokenHostCase", "the host has no small letters")];
        await expectAccepted(run);
        const isIgnored = await isAccepted(run, { signingHost: capitals });
        return [decided("tokenHostCase", isIgnored ? "ignored" : "exact")];
      },
    },
  ];
}

function lifetimeOf(isShortAccepted: boolean, isLongAccepted: boolean): SettingResult {
  if (isShortAccepted && !isLongAccepted) return decided("tokenLifetime", "fixed");
  if (!isShortAccepted && isLongAccepted) return decided("tokenLifetime", "as-signed");
  const both = isShortAccepted ? "accepted" : "refused";
  return undecided(
    "tokenLifetime",
    `a token of one minute is ${both} after ten minutes, and one of an hour after 22: the local proxy has no such rule`,
  );
}

/** The fewest steps that are refused, by halving; first around the guess, which spares most of the logins. */
async function findSkew(tolerates: (steps: number) => Promise<boolean>): Promise<SettingResult> {
  let least = -1;
  let refused = MOST_SKEW_STEPS;
  if (await tolerates(GUESSED_SKEW_STEPS)) {
    least = GUESSED_SKEW_STEPS;
    if (await tolerates(MOST_SKEW_STEPS)) {
      return undecided("clockSkewMs", "a token whose date is 30 minutes ahead is accepted");
    }
  } else if (await tolerates(GUESSED_SKEW_STEPS - 1)) {
    return decided("clockSkewMs", GUESSED_SKEW_STEPS * SKEW_STEP_MS);
  } else {
    refused = GUESSED_SKEW_STEPS - 1;
  }
  while (refused - least > 1) {
    const middle = Math.floor((least + refused) / 2);
    if (await tolerates(middle)) least = middle;
    else refused = middle;
  }
  return decided("clockSkewMs", refused * SKEW_STEP_MS);
}

function credentialsOf({ credentials }: ProbeRun): AwsCredentials {
  if (credentials) return credentials;
  throw new ProbeError("the option signer keeps the credentials to itself");
}

function signVariation(
  { options: { endpoint, runtime } }: ProbeRun,
  credentials: AwsCredentials,
  { aheadMs = 0, lifetimeMs, signingHost = endpoint.signingHost }: TokenVariation,
): string {
  return signAuthToken(
    { ...endpoint, signingHost },
    credentials,
    runtime.clock.now() + aheadMs,
    lifetimeMs,
  ).reveal();
}
