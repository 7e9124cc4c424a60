import type { Endpoint } from "@rds-proxy/core/adapter";
import { type ConnectFailure, DATABASE_REFUSAL } from "@rds-proxy/core/diagnosis";
import type { Identity } from "../identity.js";
import type { DiagnosisCause } from "../report.js";
import { clockCauses } from "./clock-cause.js";
import { copiedBadly } from "./credential-causes.js";
import { connectStatement, findResourceCommand } from "./iam-policy.js";

/** Why a login failed, the most likely cause first. */
export function loginCauses(
  failure: ConnectFailure,
  endpoint: Endpoint,
  identity: Identity,
  now: number,
): readonly DiagnosisCause[] {
  if (failure.kind === "auth") return refusedTokenCauses(failure, endpoint, identity, now);
  const specific = SPECIFIC.find(
    ({ text, codes }) =>
      text.test(failure.message) || (codes?.some((code) => failure.codes.includes(code)) ?? false),
  );
  if (specific) return specific.causes(endpoint, failure);
  switch (failure.kind) {
    case "exhausted":
    case "borrow-timeout":
      return [
        {
          cause: "Every database connection is in use or pinned.",
          remedy: failure.remedy,
        },
        databaseDown(),
      ];
    case "throttled":
      return [{ cause: "There are too many logins per second.", remedy: failure.remedy }];
    case "starting":
      return [{ cause: "The database is not ready.", remedy: `${failure.remedy} Try again in a minute.` }];
    case "dropped":
      return failure.codes.includes("ETIMEDOUT") ? unansweredCauses(failure) : brokenCauses(failure);
    default:
      return [{ cause: "The server refused the login, and would refuse it again.", remedy: failure.remedy }];
  }
}

/** The login was not answered in the time for one attempt. */
function unansweredCauses({ remedy }: ConnectFailure): readonly DiagnosisCause[] {
  return [
    {
      cause:
        "The proxy accepts the login, but has no database connection for it: it waits for one up to " +
        "ConnectionBorrowTimeout, two minutes by default.",
      remedy: "Check the metrics DatabaseConnections and DatabaseConnectionsBorrowLatency.",
    },
    databaseDown(),
    { cause: "The network lost the connection during the login.", remedy },
  ];
}

/** The other side ended the connection. A proxy that waits for a database connection does not: it answers with an error. */
function brokenCauses({ remedy }: ConnectFailure): readonly DiagnosisCause[] {
  return [
    {
      cause: "The proxy, or what is between it and this machine, ended the connection during the login.",
      remedy,
    },
    {
      cause: "The proxy is being modified, or its database fails over.",
      remedy: "Try again in a minute. The events of the proxy and of the database say whether it is so:",
      example: "aws rds describe-events --source-type db-proxy --duration 60",
    },
    databaseDown(),
  ];
}

/** See `describe-db-proxy-targets`: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html */
function databaseDown(): DiagnosisCause {
  return {
    cause: "The proxy cannot reach the database: it is down, or its security group does not allow the proxy.",
    remedy: "Check the target's State, Reason and Description:",
    example: "aws rds describe-db-proxy-targets --db-proxy-name NAME",
  };
}

const SECRET_COMMAND = `aws rds modify-db-proxy --db-proxy-name NAME --auth '[{"AuthScheme":"SECRETS","SecretArn":"ARN","IAMAuth":"REQUIRED"}]'`;

/** Refusals with a specific text: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html */
const SPECIFIC: readonly {
  readonly text: RegExp;
  /** Beside `text`: codes that mean nothing else, for a database that writes in another language. */
  readonly codes?: readonly string[];
  readonly causes: (endpoint: Endpoint, failure: ConnectFailure) => readonly DiagnosisCause[];
}[] = [
  {
    text: /number of client connections to the proxy exceeded|Number simultaneous connections exceeded/i,
    causes: () => [
      {
        cause:
          "The proxy has as many clients as it accepts. These are connections of functions to the proxy, not those to the database.",
        remedy:
          "Lower the functions' concurrency or `maxConnections`, and close connections that are not used: compare the metric " +
          "ClientConnections with the limit in the message. MaxConnectionsPercent does not change it.",
      },
    ],
  },
  {
    text: /^Unknown error\.?$/i,
    causes: () => [
      {
        cause: "The proxy met an error that it does not describe.",
        remedy: "Try again, and look at the proxy's log. If the error stays, AWS asks to contact Support.",
        example: "aws logs tail /aws/rds/proxy/NAME --since 10m",
      },
      databaseDown(),
    ],
  },
  {
    text: /has no credentials for the role/i,
    causes: ({ user }) => [
      {
        cause: `The proxy has no secret for the user ${user}.`,
        remedy:
          `Create a secret {"username":"${user}","password":"…"} and register it with the proxy. The command replaces the ` +
          "whole list: repeat the secrets that the proxy has.",
        example: SECRET_COMMAND,
      },
      {
        cause: "The user is misspelt; it is case-sensitive.",
        remedy: "Compare it with the username in the secret.",
      },
      {
        cause: "The proxy's IAM role is not allowed to read the secret.",
        remedy: "Allow it secretsmanager:GetSecretValue on the secret and kms:Decrypt on its key.",
      },
    ],
  },
  {
    text: /password that was provided for the role|Configure IAM authentication as the DefaultAuthScheme/i,
    causes: ({ user }, { remedy }) => [
      {
        cause: `IAM authentication is disabled for the user ${user}: the proxy checked the token as a password.`,
        remedy: `Set IAMAuth to REQUIRED for its secret. ${remedy}`,
        example: SECRET_COMMAND,
      },
    ],
  },
  {
    text: /database .*does not exist|Unknown database/i,
    codes: ["3D000", "1049"],
    causes: ({ database, user }) => [
      {
        cause: `There is no database ${database ?? user} on this server.`,
        remedy: "Set `database` (--database) or RDS_PROXY_DATABASE, or create it.",
      },
    ],
  },
];

/** RDS Proxy has one message for all of these causes; the findings of earlier steps decide their order. */
function refusedTokenCauses(
  { codes, message }: ConnectFailure,
  endpoint: Endpoint,
  identity: Identity,
  now: number,
): readonly DiagnosisCause[] {
  if (endpoint.kind === "dsql") return dsqlCauses(endpoint);
  // PostgreSQL has no other refusal of a token with this code, and RDS Proxy none at all.
  const hasSigner = identity.credentials === undefined;
  const isDatabase = endpoint.kind === "instance" || codes.includes("28000");
  const clock = clockCauses(identity, now);
  const isLoginOfProxy = endpoint.engine === "mysql" && !isDatabase && DATABASE_REFUSAL.test(message);
  return [
    ...(isLoginOfProxy ? [refusedProxy] : []),
    ...clock.first,
    ...copiedBadly(identity.credentials),
    ...(identity.refusal === undefined
      ? []
      : [
          {
            cause: `The credentials are not valid: STS rejects them too (${identity.refusal}).`,
            remedy: "Get new ones: aws sso login, or assume the role again.",
          },
        ]),
    ...(hasSigner ? [signerOfOther] : endpoint.kind === "custom" ? signedForOther(endpoint) : []),
    noPolicy(endpoint, identity, isDatabase),
    isDatabase ? noGrant(endpoint) : noSecret(endpoint),
    ...(endpoint.engine === "mysql" && !isDatabase && !isLoginOfProxy ? [wrongPassword] : []),
    {
      cause: "The credentials belong to another account than the proxy.",
      remedy: "Assume a role in the proxy's account (`roleArn`, --role-arn).",
    },
    // STS has checked the signature of a known account.
    ...(identity.account === undefined && identity.refusal === undefined && !hasSigner ? [wrongKey] : []),
    ...clock.last,
  ];
}

/** Source: https://docs.aws.amazon.com/aurora-dsql/latest/userguide/authentication-authorization.html */
function dsqlCauses({ user, region }: Endpoint): readonly DiagnosisCause[] {
  const isAdmin = user === "admin";
  const action = `dsql:DbConnect${isAdmin ? "Admin" : ""}`;
  return [
    {
      cause: `No policy allows the role to log in as ${user}: ${action} on the cluster is missing.`,
      remedy: "Add the statement to the policies of the role.",
      example: JSON.stringify(
        { Effect: "Allow", Action: action, Resource: `arn:aws:dsql:${region}:ACCOUNT:cluster/ID` },
        undefined,
        2,
      ),
    },
    {
      cause: "The option `signer` makes the other kind of token, or one for another cluster.",
      remedy: `Use getDbConnect${isAdmin ? "Admin" : ""}AuthToken() for the user ${user}.`,
    },
    ...(isAdmin
      ? []
      : [
          {
            cause: `The role may not use the database user ${user}.`,
            remedy: `In the database: AWS IAM GRANT ${user} TO 'ROLE_ARN'.`,
          },
        ]),
  ];
}

function signedForOther({ region, signingHost, signingPort }: Endpoint): readonly DiagnosisCause[] {
  return [
    {
      cause: `The token is signed for ${signingHost}:${signingPort}, which is not the endpoint's own name and port.`,
      remedy:
        "Use the endpoint's own name as the host, or set `signingHost` and `signingPort` (--signing-host, --signing-port) to it.",
    },
    {
      cause: `The token is signed for ${region}, but the proxy is in another region.`,
      remedy: "Set `region` (--region) to the proxy's region. The endpoint's own name contains it.",
    },
  ];
}

function noPolicy(endpoint: Endpoint, { account, arn }: Identity, isDatabase: boolean): DiagnosisCause {
  const role = arn ?? "the role";
  const resource = isDatabase
    ? "the database's id (db-… or cluster-…)"
    : "the proxy's id (prx-…), not the database's";
  return {
    cause: `No policy allows ${role} to log in as ${endpoint.user}: rds-db:connect is missing, or for another resource or user.`,
    remedy:
      `Add the statement to the policies of ${role}. The resource is ${resource}; the command prints it` +
      `${account === undefined ? ". ACCOUNT is the account that owns it" : ""}.`,
    example: `${connectStatement(endpoint, account)}\n${findResourceCommand(endpoint)}`,
  };
}

function noSecret({ user }: Endpoint): DiagnosisCause {
  return {
    cause: `The proxy has no secret for the user ${user}, or one whose IAMAuth is not REQUIRED.`,
    remedy: "Register a secret for the user, with IAMAuth REQUIRED. User names are case-sensitive.",
    example: SECRET_COMMAND,
  };
}

function noGrant({ engine, user }: Endpoint): DiagnosisCause {
  return {
    cause: `IAM authentication is not set up for the user ${user} in the database, or for the instance.`,
    remedy: "Enable it for the instance, and for the user:",
    example:
      engine === "postgres"
        ? `GRANT rds_iam TO "${user}";`
        : `CREATE USER '${user}' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS';`,
  };
}

const signerOfOther: DiagnosisCause = {
  cause: "The option `signer` signs for another host, port, region or user.",
  remedy: "Compare what the step `token` shows with the endpoint and the user.",
};

const wrongKey: DiagnosisCause = {
  cause:
    "The secret access key does not belong to the access key id, or a character is missing: only the signature shows it.",
  remedy: "Copy both again, and test them:",
  example: "aws sts get-caller-identity",
};

const refusedProxy: DiagnosisCause = {
  cause:
    "The proxy accepted the token, but the database refused the login of the proxy: the message names the proxy's host.",
  remedy: "Set the password in the user's secret to the password of the database user.",
};

const wrongPassword: DiagnosisCause = {
  cause: "The password in the secret is not the password of the database user.",
  remedy: "Set both to the same password. The proxy's log says whether this is the cause.",
};
