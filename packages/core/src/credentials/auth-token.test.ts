import { inspect } from "node:util";
import { Signer } from "@aws-sdk/rds-signer";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CREDENTIALS, PROXY_HOST } from "../testing/resolved-options.js";
import { START } from "../testing/virtual-clock.js";
import { type AuthToken, signAuthToken } from "./auth-token.js";

const ENDPOINT = { signingHost: PROXY_HOST, signingPort: 5432, user: "app", region: "eu-west-1" };
const MINUTE_MS = 60_000;

/** Endpoints of other partitions than AWS's first, and of instances and clusters. */
const HOSTS = [
  "shop.proxy-abcdefghijkl.rds.cn-north-1.amazonaws.com.cn",
  "shop.proxy-abcdefghijkl.us-gov-east-1.rds.amazonaws.com",
  "shop.proxy-abcdefghijkl.rds.eusc-de-east-1.amazonaws.eu",
  "shop.abcdefghijkl.rds.us-iso-east-1.c2s.ic.gov",
  "shop.cluster-ro-abcdefghijkl.eu-west-1.rds.amazonaws.com",
  "shop_1.internal",
];

afterEach(() => {
  vi.useRealTimers();
});

describe("a signed token", () => {
  const label = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{0,20}$/);
  const characters = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });
  const base64 = fc.stringMatching(/^[A-Za-z0-9+/]{1,1500}={0,2}$/);
  const login = fc.record({
    endpoint: fc.record({
      signingHost: fc.oneof(
        fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join(".")),
        fc.constantFrom(...HOSTS),
        fc.ipV4(),
      ),
      signingPort: fc.integer({ min: 1, max: 65_535 }),
      user: fc.oneof(characters, fc.stringMatching(/^[ !'()*+,/:;=?@&%#$~._-]{1,20}$/)),
      region: fc.constantFrom(
        "eu-west-1",
        "us-gov-east-1",
        "cn-north-1",
        "eusc-de-east-1",
        "us-iso-east-1",
        "us-isob-east-1",
        "eu-isoe-west-1",
        "us-isof-south-1",
      ),
    }),
    credentials: fc.record(
      {
        accessKeyId: fc.oneof(fc.stringMatching(/^A[KS]IA[A-Z0-9]{16}$/), characters),
        secretAccessKey: fc.oneof(base64, characters),
        sessionToken: fc.oneof(base64, characters),
      },
      { requiredKeys: ["accessKeyId", "secretAccessKey"] },
    ),
    now: fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }).map(Number),
  });

  it("is byte for byte the one that AWS's own signer makes", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    await fc.assert(
      fc.asyncProperty(login, async ({ endpoint, credentials, now }) => {
        vi.setSystemTime(now);
        const official = await new Signer({
          hostname: endpoint.signingHost,
          port: endpoint.signingPort,
          username: endpoint.user,
          region: endpoint.region,
          credentials,
        }).getAuthToken();
        expect(signAuthToken(endpoint, credentials, now).reveal()).toBe(official);
      }),
      { numRuns: 300 },
    );
  });

  it("leaves the security token out when credentials are long-term or the variable is empty", () => {
    const { accessKeyId, secretAccessKey } = CREDENTIALS;
    const without = signAuthToken(ENDPOINT, { accessKeyId, secretAccessKey }, START).reveal();
    expect(without).not.toContain("X-Amz-Security-Token");
    const empty = signAuthToken(ENDPOINT, { accessKeyId, secretAccessKey, sessionToken: "" }, START);
    expect(empty.reveal()).toBe(without);
  });

  it("is for the host as it is given and always names the port", () => {
    const token = signAuthToken(
      { ...ENDPOINT, signingHost: "Shop.Example", user: "db user+@é" },
      CREDENTIALS,
      START,
    );
    expect(token.reveal()).toMatch(/^Shop\.Example:5432\/\?Action=connect&DBUser=db%20user%2B%40%C3%A9&/);
  });
});

describe("the end of a token", () => {
  it.each([
    ["15 minutes after signing when the credentials live longer", 60 * MINUTE_MS, 15 * MINUTE_MS],
    ["the credentials' own end when that comes first", 10 * MINUTE_MS, 10 * MINUTE_MS],
    ["in the past when the credentials have ended", -MINUTE_MS, -MINUTE_MS],
    ["15 minutes after signing when the credentials do not end", undefined, 15 * MINUTE_MS],
  ])("is %s", (_, credentialsLeftMs, expectedMs) => {
    const { accessKeyId, secretAccessKey } = CREDENTIALS;
    const expiration = credentialsLeftMs === undefined ? undefined : new Date(START + credentialsLeftMs);
    const token = signAuthToken(ENDPOINT, { accessKeyId, secretAccessKey, expiration }, START);
    expect(token.signedAt).toBe(START);
    expect(token.expiresAt).toBe(START + expectedMs);
  });

  it("is never later than either of them, whatever the clock's time", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 0, max: 4e12 }), (now, end) => {
        const { expiresAt } = signAuthToken(ENDPOINT, { ...CREDENTIALS, expiration: new Date(end) }, now);
        expect(expiresAt).toBe(Math.min(now + 15 * MINUTE_MS, end));
      }),
    );
  });
});

describe("a token with a lifetime of its own", () => {
  it("says so in whole seconds, and ends with it", () => {
    const token = signAuthToken(ENDPOINT, CREDENTIALS, START, MINUTE_MS);
    expect(token.reveal()).toContain("&X-Amz-Expires=60&");
    expect(token.expiresAt).toBe(START + MINUTE_MS);
    expect(signAuthToken(ENDPOINT, CREDENTIALS, START).reveal()).toContain("&X-Amz-Expires=900&");
  });
});

describe("a token does not reveal itself", () => {
  const token = signAuthToken(ENDPOINT, CREDENTIALS, START);

  it("but is shown as a token", () => {
    expect(`${token} ${JSON.stringify({ token })}`).toBe('[auth token] {"token":"[auth token]"}');
  });

  it.each<[string, (token: AuthToken) => string]>([
    ["String()", (shown) => String(shown)],
    ["a template", (shown) => `${shown}`],
    ["JSON.stringify", (shown) => JSON.stringify({ shown })],
    ["util.inspect of everything", (shown) => inspect({ shown }, { showHidden: true, depth: Infinity })],
    [
      "util.inspect with getters",
      (shown) => inspect(shown, { showHidden: true, getters: true, showProxy: true }),
    ],
    ["its keys", (shown) => Reflect.ownKeys(shown).map(String).join()],
    ["its values", (shown) => Object.values(shown).join()],
    ["a structured clone", (shown) => inspect(structuredClone({ ...shown }), { showHidden: true })],
    ["a structured clone of itself", (shown) => inspect(structuredClone(shown), { showHidden: true })],
    ["an error that has it as cause", (shown) => inspect(new Error("failed", { cause: shown }))],
  ])("through %s", (_, show) => {
    const shown = show(token);
    for (const secret of [
      token.reveal(),
      "X-Amz-Signature",
      CREDENTIALS.sessionToken,
      CREDENTIALS.secretAccessKey,
    ]) {
      expect(shown).not.toContain(secret);
    }
  });
});
