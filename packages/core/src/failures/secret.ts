import type { FailureRow } from "./connect-failure.js";

/** What the same refusals mean where a secret's password logs in; looked at before the engine's own. */
export const SECRET_FAILURES: readonly FailureRow[] = [
  {
    codes: ["28P01", "28000"],
    text: /IAM authentication failed|Enable IAM authentication/i,
    kind: "permanent",
    remedy: "The proxy takes only IAM tokens from this user: leave out `secret`.",
  },
  {
    codes: ["28P01", "1045"],
    kind: "auth",
    remedy:
      "Check that `secret.secretId` is the secret which the proxy has for this user, that the proxy lets this user in " +
      "without IAM (IAMAuth DISABLED), and that the secret's password is the database user's.",
  },
];
