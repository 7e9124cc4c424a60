import { Signer } from "@aws-sdk/rds-signer";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Login } from "../connect/login.js";
import type { RdsProxyOptions, ResolvedRdsProxyOptions } from "../options/options.js";
import { CREDENTIALS, resolvedOptions } from "../testing/resolved-options.js";
import { createVirtualClock, START } from "../testing/virtual-clock.js";
import type { CredentialSource, FoundCredentials } from "./aws-credentials.js";

const ENV = {
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_SESSION_TOKEN: CREDENTIALS.sessionToken,
};
const OTHER_SOURCES = ["option", "provider", "role", "default chain"] as const;

const getAuthToken = vi.spyOn(Signer.prototype, "getAuthToken");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
  vi.resetModules();
  vi.doUnmock("@aws-sdk/rds-signer");
  getAuthToken.mockClear();
});

/** Options whose credentials come from this source. */
function withSource(source: FoundCredentials["source"]): ResolvedRdsProxyOptions {
  const credentials: CredentialSource = async () => ({ credentials: CREDENTIALS, source });
  return { ...resolvedOptions(), credentials };
}

/** Options with the function's own credentials. */
function withVariables(options: RdsProxyOptions = {}): ResolvedRdsProxyOptions {
  return resolvedOptions({ credentials: undefined, ...options }, { env: ENV });
}

describe("AWS's own signer", () => {
  it.each(OTHER_SOURCES)("signs with credentials from the %s, the token that ours makes", async (source) => {
    const login = new Login(withSource(source));
    expect(getAuthToken).not.toHaveBeenCalled();
    const token = await login.password();
    expect(getAuthToken).toHaveBeenCalledOnce();
    await expect(getAuthToken.mock.results[0]?.value).resolves.toBe(token);
    expect(token).toBe(await new Login(withVariables()).password());
    expect(login.signed).toMatchObject({ source, signedAt: START, expiresAt: START + 900_000 });
  });

  it("does not sign with those in Lambda's variables", async () => {
    const login = new Login(withVariables());
    expect(await login.password()).toContain("X-Amz-Date=20260301T120000Z");
    expect(login.signed).toMatchObject({ source: "environment" });
    expect(getAuthToken).not.toHaveBeenCalled();
  });

  it("gets credentials that are refreshed already, and calls no provider", async () => {
    const provider = vi.fn(async () => CREDENTIALS);
    await new Login(resolvedOptions({ credentials: provider })).password();
    expect(provider).toHaveBeenCalledOnce();
    expect(getAuthToken).toHaveBeenCalledOnce();
  });

  it("does not sign while a test fakes Date, by which it would date the token", async () => {
    vi.setSystemTime(START - 3_600_000);
    const clock = createVirtualClock();
    const token = await new Login(resolvedOptions({}, { clock })).password();
    expect(token).toContain("X-Amz-Date=20260301T120000Z");
    expect(getAuthToken).not.toHaveBeenCalled();
  });
});

describe("without the package @aws-sdk/rds-signer", () => {
  async function logIn(options: ResolvedRdsProxyOptions) {
    const { logInToScript } = await import("../testing/log-in-to-script.js");
    return await logInToScript(options);
  }

  beforeEach(() => {
    vi.resetModules();
    vi.doMock("@aws-sdk/rds-signer", () => {
      throw new Error("Cannot find package '@aws-sdk/rds-signer'");
    });
  });

  it("a login fails at once with what to do", async () => {
    const { outcome, passwords } = await logIn(resolvedOptions());
    expect(outcome).toMatchObject({
      code: "RDS_PROXY_MISSING_DEPENDENCY",
      phase: "credentials",
      message: expect.stringContaining(
        "@aws-sdk/rds-signer, which signs with credentials that are not in Lambda's",
      ),
    });
    expect(passwords).toEqual([]);
  });

  it("a function with its own role logs in", async () => {
    const { passwords } = await logIn(withVariables());
    expect(passwords).toEqual([expect.stringContaining("X-Amz-Signature=")]);
  });
});
