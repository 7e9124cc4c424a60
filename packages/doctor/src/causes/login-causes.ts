import type { Endpoint } from "@rds-proxy/core";
import { type ConnectFailure, DATABASE_REFUSAL } from "@rds-proxy/core/diagnosis";
import type { Cause } from "../report.js";
import type { Identity } from "../steps/credentials.js";
import { connectStatement, findResourceCommand } from "./iam-policy.js";

/** Why a login failed, the most likely cause first. */
export function loginCauses(
  failure: ConnectFailure,
  endpoint: Endpoint,
  identity: Identity,
  now: number,
): readonly Cause[] {
  if (failure.kind === "auth") return refusedTokenCauses(failure, endpoint, identity, now);
  const specific = SPECIFIC.find(({ text }) => text.test(failure.message));
  if (specific) return specific.causes(endpoint, failure);
  switch (failure.kind) {
    case "exhausted":
    case "borrow-timeout":
      return [
        {
          cause: "Every connection to the database is in use, or pinned to a session.",
          remedy: failure.remedy,
        },
        databaseDown(),
      ];
    case "throttled":
      return [{ cause: "Too many logins at a time.", remedy: failure.remedy }];
    case "starting":
      return [{ cause: "The database is not ready.", remedy: `${failure.remedy} Try again in a minute.` }];
    case "dropped":
      return [
        {
          cause:
            "The proxy takes the login, and has no database connection for it: it waits for one for as long as its " +
            "ConnectionBorrowTimeout, two minutes by default.",
          remedy: "Look at the metrics DatabaseConnections and DatabaseConnectionsBorrowLatency.",
        },
        databaseDown(),
        { cause: "The connection broke during the login.", remedy: failure.remedy },
      ];
    default:
      return [{ cause: "The server refuses, and would refuse again.", remedy: failure.remedy }];
  }
}

/** See `describe-db-proxy-targets`: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.troubleshooting.html */
function databaseDown(): Cause {
  return {
    cause:
      "The proxy cannot reach the database: it is down, or its security group does not let the proxy in.",
    remedy: "Look at the target's State, Reason and Description.",
    example: "aws rds describe-db-proxy-targets --db-proxy-name NAME",
  };
}

const SECRET_COMMAND = `aws rds modify-db-proxy --db-proxy-name NAME --auth '[{"AuthScheme":"SECRETS","SecretArn":"ARN","IAMAuth":"REQUIRED"}]'`;

/** Refusals that have a text of their own in RDS Proxy's list. */
const SPECIFIC: readonly {
  readonly text: RegExp;
  readonly causes: (endpoint: Endpoint, failure: ConnectFailure) => readonly Cause[];
}[] = [
  {
    text: /has no credentials for the role/i,
    causes: ({ user }) => [
      {
        cause: `No secret of the proxy's is for the user ${user}.`,
        remedy:
          `Make a secret {"username":"${user}","password":"…"} and register it with the proxy; the command replaces the ` +
          "whole list, so repeat those that are there.",
        example: SECRET_COMMAND,
      },
      { cause: "The user is misspelt; case counts.", remedy: "Compare it with the username in the secret." },
      {
        cause: "The proxy's own role may not read the secret.",
        remedy: "Allow it secretsmanager:GetSecretValue on the secret, and kms:Decrypt on its key.",
      },
    ],
  },
  {
    text: /password that was provided for the role|Configure IAM authentication as the DefaultAuthScheme/i,
    causes: ({ user }, { remedy }) => [
      {
        cause: `IAM authentication is switched off for the user ${user}: the token was taken for a password.`,
        remedy: `Set IAMAuth to REQUIRED for its secret. ${remedy}`,
        example: SECRET_COMMAND,
      },
    ],
  },
  {
    text: /database .*does not exist|Unknown database/i,
    causes: ({ database, user }) => [
      {
        cause: `There is no database ${database ?? user} on this server.`,
        remedy: "Set `database` (--database) or RDS_PROXY_DATABASE, or create it.",
      },
    ],
  },
];

/** RDS Proxy has one text for all of these; what was found out before gives their order. */
function refusedTokenCauses(
  { message }: ConnectFailure,
  endpoint: Endpoint,
  identity: Identity,
  now: number,
): readonly Cause[] {
  const isDatabase = endpoint.kind === "instance" || /PAM authentication/.test(message);
  const isProxysLogin = endpoint.engine === "mysql" && !isDatabase && DATABASE_REFUSAL.test(message);
  return [
    ...(isProxysLogin ? [refusedProxy] : []),
    ...(identity.refusal === undefined
      ? []
      : [
          {
            cause: `The credentials are not valid: STS does not accept them either (${identity.refusal}).`,
            remedy: "Get new ones: aws sso login, or assume the role again.",
          },
        ]),
    ...(endpoint.kind === "custom" ? signedForOther(endpoint) : []),
    noPolicy(endpoint, identity, isDatabase),
    isDatabase ? noGrant(endpoint) : noSecret(endpoint),
    ...(endpoint.engine === "mysql" && !isDatabase && !isProxysLogin ? [wrongPassword] : []),
    {
      cause: "The credentials are of another account than the proxy.",
      remedy: "Assume a role in the proxy's account, and sign with its credentials.",
    },
    {
      cause: `The clock of this machine is off by minutes: it says ${new Date(now).toISOString()}.`,
      remedy: "Set it, by NTP.",
    },
  ];
}

function signedForOther({ region, signingHost, signingPort }: Endpoint): readonly Cause[] {
  return [
    {
      cause: `The token is signed for ${signingHost}:${signingPort}, which is not the endpoint's own name and port.`,
      remedy:
        "Dial the endpoint by its own name; or set `signingHost` and `signingPort` (--signing-host, --signing-port) to it.",
    },
    {
      cause: `The token is signed for ${region}, and the proxy is in another region.`,
      remedy: "Set `region` (--region) to the proxy's; the endpoint's own name tells it by itself.",
    },
  ];
}

function noPolicy(endpoint: Endpoint, { account, arn }: Identity, isDatabase: boolean): Cause {
  const role = arn ?? "the role";
  const resource = isDatabase
    ? "the database's id (db-… or cluster-…)"
    : "the proxy's id (prx-…), not the database's";
  return {
    cause: `No policy lets ${role} log in as ${endpoint.user}: rds-db:connect is missing, or for another resource or user.`,
    remedy:
      `Add the statement to the policies of ${role}. The resource is ${resource}, which the command tells` +
      `${account === undefined ? "; ACCOUNT is the account that it is in" : ""}.`,
    example: `${connectStatement(endpoint, account)}\n${findResourceCommand(endpoint)}`,
  };
}

function noSecret({ user }: Endpoint): Cause {
  return {
    cause: `The proxy knows no user ${user} for IAM: no secret of it, or one whose IAMAuth is not REQUIRED.`,
    remedy: "Register a secret for the user, with IAMAuth REQUIRED; case counts in its name.",
    example: SECRET_COMMAND,
  };
}

function noGrant({ engine, user }: Endpoint): Cause {
  return {
    cause: `IAM authentication is not set up for the user ${user} in the database, or for the instance.`,
    remedy: "Switch it on for the instance, and for the user:",
    example:
      engine === "postgres"
        ? `GRANT rds_iam TO "${user}";`
        : `CREATE USER '${user}' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS';`,
  };
}

const refusedProxy: Cause = {
  cause:
    "The database refused the login of the proxy, and not the proxy the token: the message names the proxy's host.",
  remedy: "Set the password in the user's secret to that of the database user.",
};

const wrongPassword: Cause = {
  cause: "The password in the secret is not that of the database user.",
  remedy: "Set both to the same; the proxy's log tells whether it is this one.",
};
