import { Signer } from "@aws-sdk/rds-signer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type TokenExpectation, type TokenFault, verifyToken } from "./verify-token.js";

const user = "app_user";
const credentials = {
  accessKeyId: "AKIAEXAMPLE",
  secretAccessKey: "secret/+=",
  sessionToken: "session+token/==",
};

function sign(changes: Partial<ConstructorParameters<typeof Signer>[0]> = {}): Promise<string> {
  const usual = { hostname: "proxy.example", port: 5432, username: user, region: "eu-west-1", credentials };
  return new Signer({ ...usual, ...changes }).getAuthToken();
}

/** The signing time in the token, in whole seconds. */
function signedAtMs(token: string): number {
  const date = /X-Amz-Date=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(token)?.slice(1).map(Number) ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = date;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function check(token: string, changes: Partial<TokenExpectation> = {}): TokenFault | undefined {
  return verifyToken(token, {
    user,
    endpoints: new Set(["localhost:6432", "proxy.example:5432"]),
    region: "eu-west-1",
    credentials: [{ accessKeyId: "AKIAOTHER", secretAccessKey: "other" }, credentials],
    nowMs: signedAtMs(token),
    clockSkewMs: 300_000,
    hasFixedLifetime: true,
    isHostCaseIgnored: false,
    ...changes,
  }).fault;
}

test("a token of AWS's signer is valid, with a session token and without", async () => {
  expect(check(await sign())).toBeUndefined();
  const plain = { accessKeyId: "AKIAPLAIN", secretAccessKey: "plain" };
  expect(check(await sign({ credentials: plain }), { credentials: [plain] })).toBeUndefined();
});

test("a user name may contain any character", async () => {
  const odd = "db user+@é/&=?'()*!";
  expect(check(await sign({ username: odd }), { user: odd })).toBeUndefined();
});

test("the order of the parameters does not matter", async () => {
  const token = await sign();
  const [endpoint = "", query = ""] = token.split("/?");
  const parameters = query.split("&");
  fc.assert(
    fc.property(fc.shuffledSubarray(parameters, { minLength: parameters.length }), (shuffled) => {
      expect(check(`${endpoint}/?${shuffled.join("&")}`, { nowMs: signedAtMs(token) })).toBeUndefined();
    }),
    { numRuns: 50 },
  );
});

test("a token is valid for exactly 900 seconds", async () => {
  const token = await sign();
  expect(check(token, { nowMs: signedAtMs(token) + 900_000 })).toBeUndefined();
  expect(check(token, { nowMs: signedAtMs(token) + 900_001 })).toBe("expired");
});

test("a token's date may be ahead by the clock skew and not more", async () => {
  const token = await sign();
  expect(check(token, { nowMs: signedAtMs(token) - 300_000 })).toBeUndefined();
  expect(check(token, { nowMs: signedAtMs(token) - 300_001 })).toBe("from-the-future");
});

test.each([
  ["wrong-host", { hostname: "localhost" }],
  ["wrong-host", { hostname: "PROXY.example" }],
  ["wrong-host", { port: 5433 }],
  ["wrong-user", { username: "other" }],
  ["wrong-user", { username: "App_User" }],
  ["wrong-region", { region: "eu-west-2" }],
  ["unknown-access-key", { credentials: { ...credentials, accessKeyId: "AKIAUNKNOWN" } }],
  ["wrong-session-token", { credentials: { ...credentials, sessionToken: "other" } }],
  ["wrong-session-token", { credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret/+=" } }],
  [
    "wrong-session-token",
    { credentials: { accessKeyId: "AKIAOTHER", secretAccessKey: "other", sessionToken: "x" } },
  ],
  ["wrong-signature", { credentials: { ...credentials, secretAccessKey: "wrong" } }],
] satisfies [TokenFault, Partial<ConstructorParameters<typeof Signer>[0]>][])(
  "%s, when signed with %j",
  async (fault, changes) => {
    expect(check(await sign(changes))).toBe(fault);
  },
);

test.each([
  ["wrong-service", /rds-db/, "s3"],
  ["wrong-signature", /X-Amz-Expires=900/, "X-Amz-Expires=9000"],
  ["wrong-signature", /$/, "&extra=1"],
  ["wrong-signature", /X-Amz-Signature=../, "X-Amz-Signature=zz"],
  ["malformed", /Action=connect/, "Action=connects"],
  ["malformed", /&X-Amz-SignedHeaders=host/, ""],
  ["malformed", /$/, "&Action=connect"],
  ["malformed", /$/, "&broken=%"],
  ["malformed", /aws4_request/, "aws5_request"],
  ["malformed", /^/, "https://"],
  ["malformed", /^.*$/, "a plain password"],
  ["malformed", /^.*$/, ""],
  ["malformed", /X-Amz-Date=\d{8}/, "X-Amz-Date=20001399"],
] satisfies [TokenFault, RegExp, string][])(
  "%s, when %s is replaced by %j",
  async (fault, pattern, replacement) => {
    const token = await sign();
    const replaced = token.replace(pattern, replacement.replace("zz", "00"));
    expect(check(replaced, { nowMs: signedAtMs(token) })).toBe(fault);
  },
);

test("only the exact text of the token is valid", async () => {
  const token = await sign();
  const nowMs = signedAtMs(token);
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.string({ maxLength: 2 }), (index, text) => {
      const changed = token.slice(0, index) + text + token.slice(index + 1);
      fc.pre(decodeURIComponentOrNothing(changed) !== decodeURIComponentOrNothing(token));
      expect(check(changed, { nowMs })).toBeDefined();
    }),
    { numRuns: 500 },
  );
});

// Another encoding of the same characters (%2f for %2F) is the same token.
function decodeURIComponentOrNothing(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

test("a token's X-Amz-Expires counts only with as-signed", async () => {
  const token = await sign();
  const signature = /X-Amz-Signature=[0-9a-f]{64}/;
  expect(token).toMatch(signature);
  const shorter = token.replace("X-Amz-Expires=900", "X-Amz-Expires=60");
  const nowMs = signedAtMs(token) + 61_000;
  // The age is checked before the signature, which is wrong now.
  expect(check(shorter, { nowMs })).toBe("wrong-signature");
  expect(check(shorter, { nowMs, hasFixedLifetime: false })).toBe("expired");
  expect(check(token, { nowMs, hasFixedLifetime: false })).toBeUndefined();
});

test("the case of the host matters unless it is ignored by option", async () => {
  const token = await sign({ hostname: "Proxy.Example" });
  expect(check(token)).toBe("wrong-host");
  expect(check(token, { isHostCaseIgnored: true })).toBeUndefined();
});
