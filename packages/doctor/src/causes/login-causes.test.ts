import type { Endpoint } from "@rds-proxy/core/adapter";
import { classifyConnectFailure } from "@rds-proxy/core/diagnosis";
import { describe, expect, test } from "vitest";
import type { Identity } from "../identity.js";
import { endpointOf, PROXY_HOST } from "../testing/endpoint.js";
import { loginCauses } from "./login-causes.js";

const unknownIdentity: Identity = {
  credentials: { accessKeyId: "AKIA", secretAccessKey: "secret" },
  account: undefined,
  arn: undefined,
  refusal: undefined,
  clockAheadMs: undefined,
};

function causesFor(error: object, endpoint: Endpoint, identity: Partial<Identity> = {}) {
  const failure = classifyConnectFailure(error, endpoint.engine);
  return loginCauses(
    failure,
    endpoint,
    { ...unknownIdentity, ...identity },
    Date.parse("2026-03-01T12:00:00Z"),
  );
}

const refused = {
  code: "28P01",
  message: "The IAM authentication failed for the role app. Check the IAM token for this role and try again.",
};

describe("the policy statement", () => {
  test("names the proxy, with a command that prints its id", () => {
    const [first] = causesFor(refused, endpointOf({}));
    expect(first?.example).toMatchInlineSnapshot(`
      "{
        "Effect": "Allow",
        "Action": "rds-db:connect",
        "Resource": "arn:aws:rds-db:eu-west-1:ACCOUNT:dbuser:prx-ID/app"
      }
      aws rds describe-db-proxies --region eu-west-1 --query "DBProxies[?Endpoint=='shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com'].DBProxyArn" --output text"
    `);
  });

  test("names the database if there is no proxy", () => {
    const host = "shop.abcdefghijkl.eu-west-1.rds.amazonaws.com";
    const pam = { code: "28000", message: 'PAM authentication failed for user "app"' };
    const [first, second] = causesFor(pam, endpointOf({ host }));
    expect(first?.example).toContain(":dbuser:db-RESOURCE-ID/app");
    expect(first?.example).toContain(`DBInstances[?Endpoint.Address=='${host}'].DbiResourceId`);
    expect(second?.example).toBe('GRANT rds_iam TO "app";');
  });

  test("comes with a command that finds the proxy of an additional endpoint", () => {
    const host = "reader.endpoint.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com";
    const [first] = causesFor(refused, endpointOf({ host }));
    expect(first?.example).toContain(`DBProxyEndpoints[?Endpoint=='${host}'].DBProxyName`);
  });

  test.each([
    ["cn-north-1", "shop.proxy-abcdefghijkl.rds.cn-north-1.amazonaws.com.cn", "arn:aws-cn:"],
    ["us-gov-west-1", "shop.proxy-abcdefghijkl.us-gov-west-1.rds.amazonaws.com", "arn:aws-us-gov:"],
  ])("is in the partition of %s", (region, host, beginning) => {
    const [first] = causesFor(refused, endpointOf({ host }));
    expect(first?.example).toContain(`"${beginning}rds-db:${region}:ACCOUNT:`);
  });
});

describe("the causes of a refused token", () => {
  test("begin with the signed name if it is not an RDS name", () => {
    const endpoint = endpointOf({ host: "localhost", region: "eu-west-1" });
    expect(causesFor(refused, endpoint)[0]?.cause).toContain("signed for localhost:5432");
    const signed = endpointOf({ host: "localhost", signingHost: PROXY_HOST });
    expect(causesFor(refused, signed)[0]?.cause).toContain("rds-db:connect is missing");
  });

  test("begin with the credentials if STS rejected them", () => {
    const [first] = causesFor(refused, endpointOf({}), { refusal: "The security token is expired" });
    expect(first?.cause).toContain("STS rejects them too (The security token is expired)");
  });

  test("include the secret's password on MySQL, which has one message for both", () => {
    const error = { errno: 1045, message: "Access denied for user 'app'@'%' (using password: YES)" };
    const causes = causesFor(error, endpointOf({}, "mysql")).map(({ cause }) => cause);
    expect(causes).toContain("The password in the secret is not the password of the database user.");
  });

  test("begin with the proxy's own login if the message is the database's, which names the proxy's host", () => {
    const message = "Access denied for user 'app'@'10.0.1.23' (using password: YES)";
    const causes = causesFor({ errno: 1045, message }, endpointOf({}, "mysql")).map(({ cause }) => cause);
    expect(causes[0]).toContain("the database refused the login of the proxy");
    expect(causes).not.toContain("The password in the secret is not the password of the database user.");
  });

  test("begin with the proxy's own login whatever language the database writes", () => {
    const message = "Benutzer 'app'@'10.0.1.23' hat keine Zugriffsberechtigung (verwendetes Passwort: Ja)";
    const [first] = causesFor({ errno: 1045, message }, endpointOf({}, "mysql"));
    expect(first?.cause).toContain("the database refused the login of the proxy");
  });

  test.each([
    "PAM authentication failed for user",
    "PAM-Authentifizierung für Benutzer »app« fehlgeschlagen",
  ])("include a database's missing grant: %s", (message) => {
    const error = { code: "28000", message, routine: "auth_failed" };
    const endpoint = endpointOf({ host: "localhost", region: "eu-west-1" });
    expect(causesFor(error, endpoint).map(({ example }) => example)).toContainEqual(
      expect.stringContaining("GRANT rds_iam"),
    );
  });

  test("end with the clock if it is not known how wrong it is", () => {
    expect(causesFor(refused, endpointOf({})).at(-1)?.cause).toContain("2026-03-01T12:00:00.000Z");
  });

  test("begin with the clock if it differs from that of AWS, and leave it out if it does not", () => {
    const [first] = causesFor(refused, endpointOf({}), { clockAheadMs: -480_300 });
    expect(first?.cause).toMatch(/^The clock of this machine is 480 s behind that of AWS/);
    const others = causesFor(refused, endpointOf({}), { clockAheadMs: 900 });
    expect(others.map(({ cause }) => cause).join()).not.toContain("clock");
  });

  test("include the secret access key, unless STS has checked a signature", () => {
    const wrongKey = expect.stringContaining("The secret access key does not belong to the access key id");
    const causes = (identity: Partial<Identity>): string[] =>
      causesFor(refused, endpointOf({}), identity).map(({ cause }) => cause);
    expect(causes({})).toContainEqual(wrongKey);
    expect(causes({ account: "111122223333" })).not.toContainEqual(wrongKey);
    expect(causes({ refusal: "The request signature does not match" })).not.toContainEqual(wrongKey);
  });

  test("name the signer, and not a key that it does not show", () => {
    const causes = causesFor(refused, endpointOf({ host: "db.internal", region: "eu-west-1" }), {
      credentials: undefined,
    }).map(({ cause }) => cause);
    expect(causes[0]).toBe("The option `signer` signs for another host, port, region or user.");
    expect(causes.join()).not.toMatch(/secret access key|The token is signed for/);
  });

  test.each([
    [{ secretAccessKey: "secret\n" }, "The secret access key (AWS_SECRET_ACCESS_KEY) ends with a line break"],
    [{ accessKeyId: "AKIA " }, "The access key id (AWS_ACCESS_KEY_ID) ends with white space"],
    [{ sessionToken: "to ken" }, "The session token (AWS_SESSION_TOKEN) contains white space"],
  ])("begin with white space in the credentials: %j", (part, cause) => {
    const credentials = { accessKeyId: "AKIA", secretAccessKey: "secret", ...part };
    expect(causesFor(refused, endpointOf({}), { credentials })[0]?.cause).toContain(cause);
  });
});

describe("a login that fails without a refusal", () => {
  test.each([
    [
      "postgres",
      { code: "53300", message: "The maximum number of client connections to the proxy exceeded 1000." },
    ],
    ["mysql", { errno: 1040, message: "Number simultaneous connections exceeded (1000)" }],
  ] as const)("%s: a limit of the clients is not one of the database connections", (engine, error) => {
    const causes = causesFor(error, endpointOf({}, engine));
    expect(causes.map(({ cause }) => cause)).toEqual([
      expect.stringContaining("The proxy has as many clients as it accepts."),
    ]);
  });

  test.each([
    ["postgres", { code: "XX000", message: "Unknown error." }],
    ["mysql", { errno: 1105, message: "Unknown error" }],
  ] as const)("%s: an unknown error is no borrow timeout", (engine, error) => {
    const causes = causesFor(error, endpointOf({}, engine)).map(({ cause }) => cause);
    expect(causes[0]).toBe("The proxy met an error that it does not describe.");
    expect(causes.join()).not.toContain("ConnectionBorrowTimeout");
  });

  test("a reset is no borrow timeout, but a login without an answer can be one", () => {
    const causes = (code: string): string =>
      causesFor({ code, message: code }, endpointOf({}))
        .map(({ cause }) => cause)
        .join();
    expect(causes("ECONNRESET")).not.toContain("ConnectionBorrowTimeout");
    expect(causes("ETIMEDOUT")).toContain("ConnectionBorrowTimeout");
  });
});

describe("Aurora DSQL", () => {
  const refusedByDsql = { code: "08006", message: "unable to accept connection, access denied" };
  const signer = { getAuthToken: async () => "token" };
  const host = "abcdefghijklmnopqrstuvwxyz.dsql.eu-west-1.on.aws";

  test.each([
    ["admin", "dsql:DbConnectAdmin", "getDbConnectAdminAuthToken()"],
    ["app", "dsql:DbConnect", "getDbConnectAuthToken()"],
  ])("has a permission and a kind of token for the user %s", (user, action, method) => {
    const causes = causesFor(refusedByDsql, endpointOf({ host, user, signer }), { credentials: undefined });
    expect(JSON.parse(causes[0]?.example ?? "")).toMatchObject({ Action: action });
    expect(causes[1]?.remedy).toContain(method);
    expect(causes.some(({ remedy }) => remedy.includes("AWS IAM GRANT app"))).toBe(user === "app");
  });
});
