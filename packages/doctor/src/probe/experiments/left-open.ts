import { type SettingResult, undecided } from "../probe-report.js";

/** What a probe must not find out: it would harm other clients, or take too long. */
export const LEFT_OPEN: readonly SettingResult[] = [
  undecided(
    "statementBorrowTimeout",
    "needs all of the proxy's database connections in use, which would hold up other clients",
  ),
  undecided(
    "limits",
    "needs as many clients or logins as the proxy refuses, and would lock out other clients",
  ),
  undecided("networkIdleMs", "needs a connection that is silent for more than 350 seconds"),
];

/** Why rules are not decided that need a lock. */
export const NEEDS_LOCKS =
  "needs a lock for which others may wait: --with-locks decides it, with a user who may take that lock";
