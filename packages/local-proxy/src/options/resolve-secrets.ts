import { checkNames, checkOneOf, checkPassword, checkText } from "./option-checks.js";
import type { DatabaseSecret, LocalProxyOptions, ResolvedOptions, ResolvedSecret } from "./options.js";

const secretNames: Readonly<Record<keyof DatabaseSecret, true>> = {
  user: true,
  password: true,
  authentication: true,
};

/** The secrets of `upstream` and `users`, by the name of the proxy's user. */
export function resolveSecrets(
  user: string,
  { upstream, users = {}, authentication }: LocalProxyOptions,
): ResolvedOptions["secrets"] {
  const usual = authentication === "password" ? "password" : "iam";
  const own = {
    user: checkText("upstream.user", upstream.user),
    password: checkPassword("upstream.password", upstream.password),
    authentication: usual,
  } as const;
  const others = Object.entries(users).map(([name, secret]) => {
    const option = `users.${checkText("users", name)}`;
    checkNames(option, secret, secretNames);
    const password = checkPassword(`${option}.password`, secret.password);
    const ofUser = checkOneOf(
      `${option}.authentication`,
      ["iam", "password"],
      secret.authentication ?? usual,
    );
    return [
      name,
      { user: checkText(`${option}.user`, secret.user ?? name), password, authentication: ofUser },
    ] as const;
  });
  return new Map<string, ResolvedSecret>([[user, own], ...others]);
}
