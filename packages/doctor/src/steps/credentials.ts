import {
  type AwsCredentials,
  type Deadline,
  type Environment,
  type FoundCredentials,
  findRdsProxyError,
  type ResolvedRdsProxyOptions,
  within,
} from "@rds-proxy/core";
import { SOURCE_NAMES } from "@rds-proxy/core/diagnosis";
import { expiredCauses, missingCredentialsCauses } from "../causes/credential-causes.js";
import { type Finding, failed, messageOf } from "../finding.js";
import type { Cause, Fact } from "../report.js";
import { askCaller, type Caller } from "./caller.js";

/** Whose credentials sign the token. */
export interface Identity {
  readonly credentials: AwsCredentials;
  /** Known where STS could be asked. */
  readonly account: string | undefined;
  readonly arn: string | undefined;
  /** Why STS does not accept the credentials, where it does not. */
  readonly refusal: string | undefined;
}

/** Finds the credentials as a login does, and asks STS whose they are. */
export async function findCredentials(
  options: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<Finding<Identity>> {
  const { clock, env } = options.runtime;
  let found: FoundCredentials;
  try {
    found = await within(
      options.credentials(clock.now()),
      deadline,
      () => new Error("no credentials came in time"),
    );
  } catch (error) {
    return failed(findRdsProxyError(error)?.message ?? `${messageOf(error)}.`, missingCredentialsCauses(env));
  }
  const { credentials, source } = found;
  const expiration = credentials.expiration ?? expirationIn(env, source);
  const facts: Fact[] = [
    { name: "source", value: describeSource(source, env) },
    { name: "access key", value: masked(credentials.accessKeyId) },
    { name: "kind", value: credentials.sessionToken === undefined ? "long-lived" : "temporary" },
    { name: "expires", value: expiration?.toISOString() ?? "not known" },
  ];
  if (expiration && expiration.getTime() <= clock.now()) {
    return failed(
      `The credentials expired at ${expiration.toISOString()}; it is ${new Date(clock.now()).toISOString()} now.`,
      expiredCauses(),
      facts,
    );
  }
  // Long-lived keys begin with AKIA: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
  if (credentials.accessKeyId.startsWith("ASIA") && credentials.sessionToken === undefined) {
    return failed(
      "The access key is a temporary one (ASIA…), and its session token is missing.",
      [
        {
          cause:
            "AWS_SESSION_TOKEN was not copied with the other two variables, or `sessionToken` not passed.",
          remedy: "Set it; all three belong together.",
        },
      ],
      facts,
    );
  }
  const caller = await askCaller(credentials, options, deadline);
  return findingOf(credentials, facts, caller);
}

function findingOf(credentials: AwsCredentials, facts: readonly Fact[], caller: Caller): Finding<Identity> {
  switch (caller.answer) {
    case "known": {
      const { account, arn } = caller;
      const all = [...facts, { name: "account", value: account }, { name: "identity", value: arn }];
      return { outcome: "ok", facts: all, learned: { credentials, account, arn, refusal: undefined } };
    }
    case "not asked":
      return {
        outcome: "ok",
        facts: [...facts, { name: "account", value: `not known: ${caller.reason}` }],
        learned: { credentials, account: undefined, arn: undefined, refusal: undefined },
      };
    case "refused":
      return {
        outcome: "warning",
        problem: `STS does not accept these credentials: ${caller.reason}.`,
        facts,
        causes: refusedCauses,
        learned: { credentials, account: undefined, arn: undefined, refusal: caller.reason },
      };
  }
}

const refusedCauses: readonly Cause[] = [
  ...expiredCauses(),
  {
    cause: "The keys are made up, as those of a local proxy are.",
    remedy: "Nothing to mend, if this is a local proxy.",
  },
];

/** Lambda does not set it; the SDK's own tools do. */
function expirationIn(env: Environment, source: FoundCredentials["source"]): Date | undefined {
  const value = source === "environment" ? env["AWS_CREDENTIAL_EXPIRATION"] : undefined;
  if (!value) return undefined;
  const expiration = new Date(value);
  return Number.isNaN(expiration.getTime()) ? undefined : expiration;
}

/** What the SDK's default chain goes by, in its order. */
const CHAIN_VARIABLES = [
  "AWS_PROFILE",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
] as const;

function describeSource(source: FoundCredentials["source"], env: Environment): string {
  const name = SOURCE_NAMES[source];
  if (source === "environment") return env["AWS_PROFILE"] ? `${name}, which go before AWS_PROFILE` : name;
  if (source !== "default chain") return name;
  const set = CHAIN_VARIABLES.filter((variable) => env[variable]).map((variable) =>
    variable === "AWS_PROFILE" ? `${variable}=${env[variable]}` : variable,
  );
  return `${name} (${set.length > 0 ? set.join(", ") : "default profile, or instance metadata"})`;
}

/** Enough to tell keys apart by. */
function masked(accessKeyId: string): string {
  return accessKeyId.length < 12 ? "…" : `${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)}`;
}
