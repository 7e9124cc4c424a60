import type { Identity } from "../identity.js";
import type { DiagnosisCause } from "../report.js";

/** By how much a clock may differ: AWS documents 5 minutes for its own signatures, and nothing for RDS Proxy. */
export const TOLERATED_MS: number = 60_000;

/** The clock as a cause of a refused token: the first if the clock of AWS differs, none if it agrees, the last if it is not known. */
export function clockCauses(
  { clockAheadMs }: Pick<Identity, "clockAheadMs">,
  now: number,
): { readonly first: readonly DiagnosisCause[]; readonly last: readonly DiagnosisCause[] } {
  if (clockAheadMs === undefined) {
    const cause = `The clock of this machine is wrong by minutes: it shows ${new Date(now).toISOString()}.`;
    return { first: [], last: [{ cause, remedy: "Synchronize it with NTP." }] };
  }
  if (Math.abs(clockAheadMs) < TOLERATED_MS) return { first: [], last: [] };
  return { first: [wrongClock(clockAheadMs)], last: [] };
}

/** For a clock that is known to be wrong. */
export function wrongClock(clockAheadMs: number): DiagnosisCause {
  return {
    cause: `${describeClock(clockAheadMs)}, and a token is valid for 15 minutes from the time at which it is signed.`,
    remedy: "Synchronize it with NTP.",
  };
}

/** Such as "The clock of this machine is 480 s ahead of that of AWS". */
export function describeClock(clockAheadMs: number): string {
  const seconds = Math.round(Math.abs(clockAheadMs) / 1000);
  return `The clock of this machine is ${seconds} s ${clockAheadMs > 0 ? "ahead of" : "behind"} that of AWS`;
}
