import { inspect } from "node:util";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type AwsCredentials, createCredentialSource } from "./credentials.js";
import { onRdsProxyEvent } from "./events.js";
import { describeFailedLogin, Login } from "./login.js";
import { CREDENTIALS, PROXY_HOST, resolvedOptions } from "./testing/resolved-options.js";
import { createVirtualClock } from "./testing/virtual-clock.js";

const LONG_TERM: AwsCredentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "secret" };

describe("a login", () => {
  it("signs nothing before the server asks for the password", async () => {
    const credentials = vi.fn(async () => CREDENTIALS);
    const login = new Login(resolvedOptions({ credentials }));
    expect(credentials).not.toHaveBeenCalled();
    expect(login.describe()).toBe(
      `Signed for ${PROXY_HOST}:5432, region eu-west-1, user app; the server did not ask for the token; ` +
        `TLS: chain and name verified for ${PROXY_HOST} against Node's roots.`,
    );
    await login.password();
    expect(credentials).toHaveBeenCalledOnce();
  });

  it("signs with the credentials and at the time of its own", async () => {
    const clock = createVirtualClock();
    const keys = ["AKIAFIRST", "AKIASECOND"];
    const credentials = async (): Promise<AwsCredentials> => ({
      ...LONG_TERM,
      accessKeyId: keys.shift() ?? "AKIANONE",
    });
    const options = resolvedOptions({ credentials }, { clock });
    expect(await new Login(options).password()).toMatch(/AKIAFIRST.*X-Amz-Date=20260301T120000Z/);
    clock.advance(20 * 60_000);
    expect(await new Login(options).password()).toMatch(/AKIASECOND.*X-Amz-Date=20260301T122000Z/);
  });

  it("tells that it signed, and with whose key, but not what", async () => {
    const heard: unknown[] = [];
    onTestFinished(onRdsProxyEvent("sign", (event) => heard.push(event)));
    await new Login(resolvedOptions()).password();
    expect(heard).toEqual([
      {
        endpoint: `app@${PROXY_HOST}:5432`,
        accessKeyId: CREDENTIALS.accessKeyId,
        credentialSource: "option",
        expiresAt: Date.parse("2026-03-01T12:15:00.000Z"),
      },
    ]);
  });

  it("shows its token nowhere", async () => {
    const login = new Login(resolvedOptions());
    const token = await login.password();
    const shown = [
      inspect(login, { showHidden: true, depth: Infinity }),
      JSON.stringify(login),
      login.describe(),
    ];
    expect(shown.join()).not.toContain(token);
    expect(shown.join()).not.toContain("X-Amz-Signature");
  });
});

describe("what is said about a failed login", () => {
  it("is found by its error, which itself says nothing more than before", async () => {
    const clock = createVirtualClock();
    const login = new Login(resolvedOptions({}, { clock }));
    await login.password();
    clock.advance(2345);
    const error = new Error("refused");
    const before = inspect(error, { showHidden: true });
    login.failedWith(error);
    expect(describeFailedLogin(error)).toBe(login.describe());
    expect(describeFailedLogin(error)).toContain("token age 2.3 s, valid until 2026-03-01T12:15:00.000Z");
    expect(inspect(error, { showHidden: true })).toBe(before);
  });

  it.each([undefined, null, "text", new Error("another")])("is nothing for %o", (error) => {
    new Login(resolvedOptions()).failedWith("text");
    expect(describeFailedLogin(error)).toBeUndefined();
  });

  it.each([
    [
      "option",
      "long-term credentials AKIAIOSFODNN7EXAMPLE from the option `credentials`, without a known expiry",
    ],
    ["provider", "long-term credentials AKIAIOSFODNN7EXAMPLE from the provider in the option `credentials`"],
    ["environment", "temporary credentials ASIAENV from the environment variables, without a known expiry"],
  ] as const)("names where the credentials came from: %s", async (source, said) => {
    const env = {
      AWS_ACCESS_KEY_ID: "ASIAENV",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_SESSION_TOKEN: "session",
    };
    const options = {
      option: resolvedOptions({ credentials: LONG_TERM }),
      provider: resolvedOptions({ credentials: async () => LONG_TERM }),
      environment: { ...resolvedOptions(), credentials: createCredentialSource(undefined, env) },
    };
    const login = new Login(options[source]);
    await login.password();
    expect(login.describe()).toContain(said);
  });
});
