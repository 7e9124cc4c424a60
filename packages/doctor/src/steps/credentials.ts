import { findRdsProxyError } from "@rds-proxy/core";
import { type Deadline, type ResolvedRdsProxyOptions, within } from "@rds-proxy/core/adapter";
import { SOURCE_NAMES } from "@rds-proxy/core/diagnosis";
import type { AwsCredentials, Environment, FoundCredentials } from "@rds-proxy/core/internal";
import { describeClock, TOLERATED_MS, wrongClock } from "../causes/clock-cause.js";
import { copiedBadly, expiredCauses, missingCredentialsCauses } from "../causes/credential-causes.js";
import { messageOf } from "../error-text.js";
import { type Finding, failed } from "../finding.js";
import type { Identity } from "../identity.js";
import type { DiagnosisCause, DiagnosisFact } from "../report.js";
import { askSts, type StsAnswer } from "./ask-sts.js";

/** Gets the credentials as a login does, and asks STS for their account and identity. */
export async function findCredentials(
  options: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<Finding<Identity>> {
  const { clock, env } = options.runtime;
  if (options.signer) return withSigner;
  let found: FoundCredentials;
  try {
    found = await within(
      options.credentials(clock.now()),
      deadline,
      () => new Error("the credential provider did not answer in time"),
    );
  } catch (error) {
    return failed(findRdsProxyError(error)?.message ?? `${messageOf(error)}.`, missingCredentialsCauses(env));
  }
  const { credentials, source } = found;
  const expiration = credentials.expiration ?? expirationIn(env, source);
  const facts: DiagnosisFact[] = [
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
      "The access key is temporary (ASIA…), but its session token is missing.",
      [
        {
          cause:
            "AWS_SESSION_TOKEN was not copied with the other two variables, or `sessionToken` was not passed.",
          remedy: "Set all three.",
        },
      ],
      facts,
    );
  }
  const sts = await askSts(credentials, options, deadline);
  const clockAheadMs = sts.date === undefined ? undefined : clock.now() - sts.date;
  return findingOf(identityOf(credentials, sts, clockAheadMs), facts, sts);
}

/** A signer keeps its credentials to itself. The step of the token asks it. */
const withSigner: Finding<Identity> = {
  outcome: "ok",
  facts: [{ name: "source", value: SOURCE_NAMES.signer }],
  result: {
    credentials: undefined,
    account: undefined,
    arn: undefined,
    refusal: undefined,
    clockAheadMs: undefined,
  },
};

function identityOf(credentials: AwsCredentials, sts: StsAnswer, clockAheadMs: number | undefined): Identity {
  return {
    credentials,
    account: sts.answer === "known" ? sts.account : undefined,
    arn: sts.answer === "known" ? sts.arn : undefined,
    refusal: sts.answer === "refused" ? sts.reason : undefined,
    clockAheadMs,
  };
}

/** What is wrong is a warning, since the login decides. */
function findingOf(identity: Identity, given: readonly DiagnosisFact[], sts: StsAnswer): Finding<Identity> {
  const facts = [...given, ...stsFacts(sts)];
  const { clockAheadMs } = identity;
  const isClockWrong = clockAheadMs !== undefined && Math.abs(clockAheadMs) >= TOLERATED_MS;
  const badCopies = copiedBadly(identity.credentials);
  const problems = [
    ...(isClockWrong ? [`${describeClock(clockAheadMs)}.`] : []),
    ...badCopies.map(({ cause }) => cause),
    ...(sts.answer === "refused" ? [`STS rejects these credentials: ${sts.reason}.`] : []),
  ];
  if (problems.length === 0) return { outcome: "ok", facts, result: identity };
  return {
    outcome: "warning",
    problem: problems.join(" "),
    facts,
    causes: [
      ...(isClockWrong ? [wrongClock(clockAheadMs)] : []),
      ...badCopies,
      ...(sts.answer === "refused" ? refusedCauses : []),
    ],
    result: identity,
  };
}

function stsFacts(sts: StsAnswer): readonly DiagnosisFact[] {
  switch (sts.answer) {
    case "known":
      return [
        { name: "account", value: sts.account },
        { name: "identity", value: sts.arn },
      ];
    case "unknown":
      return [{ name: "account", value: `not known: ${sts.reason}` }];
    case "refused":
      return [];
    default:
      return sts satisfies never;
  }
}

const refusedCauses: readonly DiagnosisCause[] = [
  ...expiredCauses(),
  {
    cause: "The keys are invented, as those of a local proxy are.",
    remedy: "None needed if this is a local proxy.",
  },
];

/** The AWS CLI exports `AWS_CREDENTIAL_EXPIRATION`; Lambda does not set it. */
function expirationIn(env: Environment, source: FoundCredentials["source"]): Date | undefined {
  const value = source === "environment" ? env["AWS_CREDENTIAL_EXPIRATION"] : undefined;
  if (!value) return undefined;
  const expiration = new Date(value);
  return Number.isNaN(expiration.getTime()) ? undefined : expiration;
}

/** The environment variables that the SDK's default chain reads, in its order. */
const CHAIN_VARIABLES = [
  "AWS_PROFILE",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
] as const;

function describeSource(source: FoundCredentials["source"], env: Environment): string {
  const name = SOURCE_NAMES[source];
  if (source === "environment")
    return env["AWS_PROFILE"] ? `${name}, which take precedence over AWS_PROFILE` : name;
  if (source !== "default chain") return name;
  const set = CHAIN_VARIABLES.filter((variable) => env[variable]).map((variable) =>
    variable === "AWS_PROFILE" ? `${variable}=${env[variable]}` : variable,
  );
  return `${name} (${set.length > 0 ? set.join(", ") : "default profile, or instance metadata"})`;
}

function masked(accessKeyId: string): string {
  return accessKeyId.length < 12 ? "…" : `${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)}`;
}
