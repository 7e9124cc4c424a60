import { once } from "node:events";
import { createServer } from "node:http";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { RdsProxyError } from "../errors.js";
import { errorOf } from "../testing/errors.js";
import { createVirtualClock, START } from "../testing/virtual-clock.js";
import { Restores } from "../time/restores.js";
import type { AwsCredentials } from "./aws-credentials.js";
import { createCredentialSource } from "./credential-source.js";

const MINUTE_MS = 60_000;
const ENV = {
  AWS_ACCESS_KEY_ID: "ASIAENV",
  AWS_SECRET_ACCESS_KEY: "env-secret",
  AWS_SESSION_TOKEN: "env-session",
};

/** Credentials that end in so many minutes, or never. */
function credentials(accessKeyId: string, minutesLeft?: number): AwsCredentials {
  const expiration = minutesLeft === undefined ? undefined : new Date(START + minutesLeft * MINUTE_MS);
  return { accessKeyId, secretAccessKey: "secret", expiration };
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("where credentials come from", () => {
  it("is the option, when there is one", async () => {
    const find = createCredentialSource(credentials("AKIAOPTION"), ENV);
    expect(await find(START)).toMatchObject({ credentials: { accessKeyId: "AKIAOPTION" }, source: "option" });
  });

  it("is the provider in the option, asked at each login", async () => {
    let calls = 0;
    const find = createCredentialSource(async () => credentials(`AKIA${++calls}`), ENV);
    expect(await find(START)).toMatchObject({ credentials: { accessKeyId: "AKIA1" }, source: "provider" });
    expect(await find(START)).toMatchObject({ credentials: { accessKeyId: "AKIA2" }, source: "provider" });
  });

  it("is Lambda's variables otherwise, read anew at each login", async () => {
    const env: Record<string, string> = { ...ENV };
    const find = createCredentialSource(undefined, env);
    expect(await find(START)).toEqual({
      credentials: { accessKeyId: "ASIAENV", secretAccessKey: "env-secret", sessionToken: "env-session" },
      source: "environment",
    });
    env["AWS_ACCESS_KEY_ID"] = "ASIAROTATED";
    env["AWS_SESSION_TOKEN"] = "";
    expect(await find(START)).toEqual({
      credentials: { accessKeyId: "ASIAROTATED", secretAccessKey: "env-secret", sessionToken: undefined },
      source: "environment",
    });
  });

  it("does not follow later changes of the object that was passed", async () => {
    const option = { accessKeyId: "AKIAOPTION", secretAccessKey: "secret" };
    const find = createCredentialSource(option, {});
    option.accessKeyId = "AKIACHANGED";
    expect((await find(START)).credentials.accessKeyId).toBe("AKIAOPTION");
  });

  it("takes credentials whose fields are getters", async () => {
    class Keys {
      get accessKeyId(): string {
        return "AKIAGETTER";
      }
      get secretAccessKey(): string {
        return "secret";
      }
    }
    const find = createCredentialSource(new Keys(), {});
    expect((await find(START)).credentials).toMatchObject({
      accessKeyId: "AKIAGETTER",
      secretAccessKey: "secret",
    });
  });
});

describe("credentials of a provider that end before the token would", () => {
  it.each([
    [
      "are refreshed when less than 15 minutes are left",
      credentials("OLD", 14),
      credentials("NEW", 60),
      "NEW",
    ],
    ["are refreshed by some that never end", credentials("OLD", 14), credentials("NEW"), "NEW"],
    ["are refreshed when they have ended", credentials("OLD", -1), credentials("NEW", 60), "NEW"],
    [
      "give way to a refresh that is also short but lasts longer",
      credentials("OLD", 5),
      credentials("NEW", 10),
      "NEW",
    ],
    ["give way to a refresh that ends when they do", credentials("OLD", 5), credentials("NEW", 5), "NEW"],
    ["are kept when the refresh ends even sooner", credentials("OLD", 10), credentials("NEW", 5), "OLD"],
  ])("%s", async (_, old, refreshed, expected) => {
    const provider = vi.fn(async (options?: { forceRefresh?: boolean }) =>
      options?.forceRefresh ? refreshed : old,
    );
    const found = await createCredentialSource(provider, {})(START);
    expect(found.credentials.accessKeyId).toBe(expected);
    expect(provider.mock.calls).toEqual([[], [{ forceRefresh: true }]]);
  });

  it.each([
    ["15 minutes", credentials("OLD", 15)],
    ["no end", credentials("OLD")],
  ])("are taken as they are with %s left", async (_, old) => {
    const provider = vi.fn(async () => old);
    expect((await createCredentialSource(provider, {})(START)).credentials).toEqual(old);
    expect(provider).toHaveBeenCalledOnce();
  });

  it("are used until they expire when they cannot be refreshed", async () => {
    const provider = async (options?: { forceRefresh?: boolean }): Promise<AwsCredentials> => {
      if (options?.forceRefresh) throw new Error("STS is throttling");
      return credentials("OLD", 5);
    };
    expect((await createCredentialSource(provider, {})(START)).credentials.accessKeyId).toBe("OLD");
  });

  it("fail the login when they have ended and cannot be refreshed", async () => {
    const cause = new Error("STS is throttling.");
    const provider = async (options?: { forceRefresh?: boolean }): Promise<AwsCredentials> => {
      if (options?.forceRefresh) throw cause;
      return credentials("OLD", 0);
    };
    const failed = createCredentialSource(provider, {})(START);
    await expect(failed).rejects.toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS", cause });
    await expect(failed).rejects.toThrow(
      "No AWS credentials to sign the auth token with: the provider in the option `credentials` failed (STS is throttling). " +
        "Check what it needs: a role that may be assumed, a profile, a way to reach STS.",
    );
  });

  it.each([
    [new Error(""), "failed. Check"],
    ["hunter2", "failed. Check"],
    [new Error("a. b"), "failed (a. b). Check"],
  ])("fail the login by what its provider throws: %o", async (cause, expected) => {
    const provider = vi.fn().mockRejectedValue(cause);
    await expect(createCredentialSource(provider, {})(START)).rejects.toMatchObject({
      cause,
      message: expect.stringContaining(`the provider in the option \`credentials\` ${expected}`),
    });
  });

  it("fail the login when they end at this moment and cannot be refreshed", async () => {
    const provider = vi.fn().mockResolvedValueOnce(credentials("OLD", 0)).mockRejectedValue(new Error("no"));
    await expect(createCredentialSource(provider, {})(START)).rejects.toThrow("failed (no)");
  });
});

describe("credentials that the server refused", () => {
  it("are refreshed at the next login, once a minute at most", async () => {
    const provider = vi.fn(async (options?: { forceRefresh?: boolean }) =>
      credentials(options?.forceRefresh ? "NEW" : "KEPT", 60),
    );
    const find = createCredentialSource(provider, {});
    const keyId = async (now: number): Promise<string> => (await find(now)).credentials.accessKeyId;
    find.refused?.(START);
    expect(await keyId(START)).toBe("NEW");
    expect(await keyId(START)).toBe("KEPT");
    find.refused?.(START + MINUTE_MS - 1);
    expect(await keyId(START + MINUTE_MS - 1)).toBe("KEPT");
    find.refused?.(START + MINUTE_MS);
    expect(await keyId(START + MINUTE_MS)).toBe("NEW");
  });

  it("are replaced by refreshed ones that expire sooner, and kept if there are none", async () => {
    const provider = vi
      .fn()
      .mockResolvedValueOnce(credentials("KEPT", 60))
      .mockResolvedValueOnce(credentials("NEW", 5))
      .mockResolvedValueOnce(credentials("KEPT", 60))
      .mockRejectedValueOnce(new Error("STS is throttling"));
    const find = createCredentialSource(provider, {});
    find.refused?.(START);
    expect((await find(START)).credentials.accessKeyId).toBe("NEW");
    find.refused?.(START + MINUTE_MS);
    expect((await find(START + MINUTE_MS)).credentials.accessKeyId).toBe("KEPT");
  });
});

describe("credentials from before a restore", () => {
  it("are refreshed, once for each restore, and not used if that fails", async () => {
    const clock = createVirtualClock();
    const restores = new Restores(clock, {});
    const provider = vi.fn(async (options?: { forceRefresh?: boolean }) =>
      credentials(options?.forceRefresh ? "NEW" : "KEPT", 60),
    );
    const find = createCredentialSource(provider, {}, restores);
    const keyId = async (): Promise<string> => (await find(START)).credentials.accessKeyId;
    expect(await keyId()).toBe("KEPT");
    clock.advance(1);
    restores.noteRestore();
    provider.mockRejectedValueOnce(new Error("no answer"));
    await expect(keyId()).rejects.toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS" });
    expect(await keyId()).toBe("NEW");
    expect(await keyId()).toBe("KEPT");
  });
});

describe("what the credentials hold", () => {
  const KEYS = { accessKeyId: "AKIAOPTION", secretAccessKey: "hunter2" };

  it.each([
    ["a Date", new Date(START), START],
    ["UTC", "2026-03-01T12:00:00Z", START],
    ["UTC with milliseconds", "2026-03-01T12:00:00.250Z", START + 250],
    ["an offset", "2026-03-01T14:00:00+02:00", START],
    ["UTC without seconds", "2026-03-01T12:00Z", START],
    ["UTC with tenths", "2026-03-01T12:00:00.5Z", START + 500],
    ["an offset to the west", "2026-03-01T06:30:00-05:30", START],
    ["an offset without a colon", "2026-03-01T14:00:00+0200", START],
  ])("may end at a time that is given as %s", async (_, expiration, expected) => {
    const given = { ...KEYS, expiration };
    for (const option of [given, async () => given]) {
      const { credentials } = await createCredentialSource(option, {})(START);
      expect(credentials.expiration).toEqual(new Date(expected));
    }
  });

  const VALID_TIME = "a valid Date, a time in ISO 8601 with its zone, or undefined";

  it.each<[property: string, given: object, received: string, expected: string]>([
    ["accessKeyId", { accessKeyId: undefined }, "undefined", "a non-empty string"],
    ["accessKeyId", { ...KEYS, accessKeyId: "" }, "an empty one", "a non-empty string"],
    ["secretAccessKey", { secretAccessKey: undefined }, "undefined", "a non-empty string"],
    ["secretAccessKey", { ...KEYS, secretAccessKey: ["hunter2"] }, "an array", "a non-empty string"],
    ["sessionToken", { ...KEYS, sessionToken: null }, "null", "a string or undefined"],
    ["sessionToken", { ...KEYS, sessionToken: 42 }, "a value of type number", "a string or undefined"],
    ["expiration", { ...KEYS, expiration: null }, "null", VALID_TIME],
    ["expiration", { ...KEYS, expiration: START }, "a value of type number", VALID_TIME],
    ["expiration", { ...KEYS, expiration: new Date(Number.NaN) }, "an invalid Date", VALID_TIME],
    ["expiration", { ...KEYS, expiration: "hunter2" }, "a value of type string", VALID_TIME],
    ["expiration", { ...KEYS, expiration: "2026-03-01T12:00:00" }, "a value of type string", VALID_TIME],
    [
      "expiration",
      { ...KEYS, expiration: "2026-03-01T12:00:00Z (UTC)" },
      "a value of type string",
      VALID_TIME,
    ],
    ["expiration", { ...KEYS, expiration: "+002026-03-01T12:00:00Z" }, "a value of type string", VALID_TIME],
    ["expiration", { ...KEYS, expiration: "2026-03-01" }, "a value of type string", VALID_TIME],
    ["expiration", { ...KEYS, expiration: ["2026-03-01T12:00:00Z"] }, "an array", VALID_TIME],
    ["expiration", { ...KEYS, expiration: "2026-13-01T12:00:00Z" }, "a value of type string", VALID_TIME],
  ])("is refused when wrong, and never shown: %s of %o", async (property, given, received, expected) => {
    const wrong = Object.assign({ ...KEYS }, given);
    const refused = errorOf(() => createCredentialSource(wrong, {}));
    expect(refused.code).toBe("RDS_PROXY_INVALID_OPTION");
    expect(refused.message).toBe(
      `credentials.${property}: expected ${expected}, received ${received}. ` +
        "Pass credentials or a provider of the AWS SDK, or leave the option out to use the environment.",
    );

    const failed = await createCredentialSource(
      async () => wrong,
      {},
    )(START).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS" });
    expect(failed).toHaveProperty(
      "message",
      "No AWS credentials to sign the auth token with: the provider in the option `credentials` returned something else, " +
        `whose ${property} is ${received} instead of ${expected}. ` +
        "It has to return { accessKeyId, secretAccessKey, sessionToken, expiration }, as the SDK's own do.",
    );
    expect(`${refused.message} ${failed}`).not.toContain("hunter2");
  });

  it.each([
    [undefined, "undefined"],
    [null, "null"],
    ["AKIA:hunter2", "a value of type string"],
    [[], "an array"],
  ])("is missing when a provider returns %o", async (result, received) => {
    const provider = async (): Promise<AwsCredentials> => JSON.parse(JSON.stringify({ result })).result;
    const failed = await createCredentialSource(provider, {})(START).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: "RDS_PROXY_NO_CREDENTIALS",
      message: expect.stringContaining(`returned something else: ${received} instead of credentials.`),
    });
    expect(String(failed)).not.toContain("hunter2");
  });

  it.each([
    [null, "null"],
    ["AKIA:hunter2", "a value of type string"],
    [[], "an array"],
  ])("is missing when the option is %o", (option, received) => {
    const given: AwsCredentials = JSON.parse(JSON.stringify(option));
    expect(errorOf(() => createCredentialSource(given, {})).message).toBe(
      `credentials: expected credentials, received ${received}. ` +
        "Pass credentials or a provider of the AWS SDK, or leave the option out to use the environment.",
    );
  });

  it.each([
    ["an empty one", "", undefined],
    ["none", undefined, undefined],
    ["one", "session", "session"],
  ])("has a session token or none: %s", async (_, sessionToken, expected) => {
    const { credentials } = await createCredentialSource({ ...KEYS, sessionToken }, {})(START);
    expect(credentials).toEqual({ ...KEYS, sessionToken: expected, expiration: undefined });
  });

  it("is taken from a provider that answers at once, as plain JavaScript may write it", async () => {
    const provider = vi.fn().mockReturnValue({ ...KEYS, expiration: new Date(START + MINUTE_MS) });
    const found = await createCredentialSource(provider, {})(START);
    expect(found.credentials.accessKeyId).toBe("AKIAOPTION");
    expect(provider).toHaveBeenCalledTimes(2);
  });

  it("is used until it expires when a refresh returns invalid credentials", async () => {
    const provider = vi
      .fn()
      .mockResolvedValueOnce({ ...KEYS, expiration: new Date(START + MINUTE_MS) })
      .mockResolvedValueOnce({});
    expect((await createCredentialSource(provider, {})(START)).credentials.accessKeyId).toBe("AKIAOPTION");
  });
});

describe("without credentials anywhere", () => {
  function stubNoCredentials(): void {
    for (const name of [
      "AWS_ACCESS_KEY_ID",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_SESSION_TOKEN",
      "AWS_PROFILE",
      "AWS_WEB_IDENTITY_TOKEN_FILE",
      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
      "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ]) {
      vi.stubEnv(name, undefined);
    }
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    vi.stubEnv("AWS_CONFIG_FILE", "/nonexistent/config");
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials");
  }

  it("the error lists the sources that were tried and the remedy", async () => {
    stubNoCredentials();
    const error = await createCredentialSource(undefined, {})(START).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RdsProxyError);
    expect(error).toMatchObject({
      code: "RDS_PROXY_NO_CREDENTIALS",
      cause: { name: "CredentialsProviderError" },
    });
    expect(error).toHaveProperty(
      "message",
      "No AWS credentials to sign the auth token with. Looked in: the option `credentials`; the variables AWS_ACCESS_KEY_ID and " +
        "AWS_SECRET_ACCESS_KEY (set by Lambda); the SDK's default chain (AWS_PROFILE, SSO, web identity, container and instance " +
        "metadata). In Lambda, check that the function has an execution role; locally, set the variables or pass `credentials`.",
    );
  });

  it.each(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] as const)(
    "half a key pair (no %s) does not count",
    async (missing) => {
      stubNoCredentials();
      const find = createCredentialSource(undefined, { ...ENV, [missing]: "" });
      await expect(find(START)).rejects.toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS" });
    },
  );

  it.each([
    ["AWS_CONTAINER_CREDENTIALS_FULL_URI", 2],
    ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", 2],
    ["AWS_PROFILE", 1],
  ] as const)(
    "the chain asks again for each login with %s only if that is a container's",
    async (name, asked) => {
      stubNoCredentials();
      const keys = { SecretAccessKey: "secret", Token: "session", Expiration: "2099-01-01T00:00:00Z" };
      let requests = 0;
      const server = createServer((_request, response) => {
        requests += 1;
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ AccessKeyId: `ASIACONTAINER${requests}`, ...keys }));
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      onTestFinished(() => {
        server.close();
        server.closeAllConnections();
      });
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("the server has no port");
      const uri = `http://127.0.0.1:${address.port}/`;
      vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri);
      const find = createCredentialSource(undefined, { [name]: uri });
      const keyId = async (): Promise<string> => (await find(START)).credentials.accessKeyId;
      expect(await keyId()).toBe("ASIACONTAINER1");
      expect(await keyId()).toBe(`ASIACONTAINER${asked}`);
      expect(requests).toBe(asked);
    },
  );

  it("the chain is queried again at the next login, and finds credentials that were added meanwhile", async () => {
    stubNoCredentials();
    const find = createCredentialSource(undefined, {});
    await expect(find(START)).rejects.toMatchObject({ code: "RDS_PROXY_NO_CREDENTIALS" });
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIACHAIN");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
    expect(await find(START)).toMatchObject({
      credentials: { accessKeyId: "AKIACHAIN" },
      source: "default chain",
    });
  });
});
