import { describe, expect, it } from "vitest";
import { AuthenticationRequests } from "./authentication-requests.js";

const OK = 0;
const CLEARTEXT_PASSWORD = 3;
const PROOFS = [2, 5, 6, 7, 8, 9, 10, 11, 12];

/** Takes the requests one after the other; the error is the last one's. */
function ask(codes: readonly number[], isByToken = true): void {
  const requests = new AuthenticationRequests(isByToken);
  for (const code of codes) requests.check(code);
}

describe("a login by a token", () => {
  it("is asked for it once, or not at all", () => {
    expect(() => ask([CLEARTEXT_PASSWORD, OK])).not.toThrow();
    expect(() => ask([OK])).not.toThrow();
  });

  it("ends at a request for another token", () => {
    expect(() => ask([CLEARTEXT_PASSWORD, CLEARTEXT_PASSWORD])).toThrow(
      expect.objectContaining({
        code: "RDS_PROXY_REFUSED",
        message: expect.stringContaining("second token"),
      }),
    );
  });

  it.each(PROOFS)("does not answer request %i, which asks for a proof of a password", (code) => {
    const refusal = expect.objectContaining({
      code: "RDS_PROXY_REFUSED",
      message: expect.stringMatching(/Turn on IAM authentication for this user .* by `secret`\.$/),
    });
    expect(() => ask([code])).toThrow(refusal);
    expect(() => ask([CLEARTEXT_PASSWORD, code])).toThrow(refusal);
  });
});

it("a login by a secret's password answers as often as its method needs", () => {
  expect(() => ask([10, 11, 12, OK], false)).not.toThrow();
  expect(() => ask([5, OK], false)).not.toThrow();
});

it.each([true, false])("after the login, nothing is asked (by token: %s)", (isByToken) => {
  expect(() => ask([CLEARTEXT_PASSWORD, OK, CLEARTEXT_PASSWORD], isByToken)).toThrow(
    "after the login had ended",
  );
  expect(() => ask([OK, OK], isByToken)).toThrow("after the login had ended");
});
