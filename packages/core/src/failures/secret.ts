import type { FailureRow } from "./connect-failure.js";

/** Refused logins with a secret's password. These rows come before the engine's. */
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
