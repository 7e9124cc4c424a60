import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { phaseOf, timeoutIn, timeoutRemedy } from "./connect-phase.js";

function loginOver(socket: object | undefined) {
  const stream = socket && Object.assign(new Duplex(), socket);
  return { signed: undefined, secretValue: undefined, stream };
}

describe("the phase of a login", () => {
  it.each([
    ["the dialing socket's own before TLS", { phase: "name" }, "name"],
    ["the dialing socket's own before TLS", { phase: "tcp" }, "tcp"],
    ["tls while the server is not verified", { authorized: false }, "tls"],
    ["login once it is", { authorized: true }, "login"],
    ["unknown with another stream", {}, undefined],
    ["unknown without a socket", undefined, undefined],
  ])("is %s: %o", (_, socket, phase) => {
    expect(phaseOf(loginOver(socket))).toBe(phase);
  });

  it("is unknown without a login", () => {
    expect(phaseOf(undefined)).toBeUndefined();
  });
});

describe("an attempt that ran out of time", () => {
  const login = "the server did not complete the login in the time for one attempt";

  it.each([
    [
      "name",
      "the host's name was not resolved in the time for one attempt",
      /enableDnsSupport.*UV_THREADPOOL_SIZE/,
    ],
    [
      "tcp",
      "the TCP connection was not accepted in the time for one attempt",
      /VPC.*subnets.*security groups/,
    ],
    [
      "tls",
      "the TCP connection was accepted, but the TLS handshake did not end in the time for one attempt",
      /port.*server of this engine.*tunnel/,
    ],
    ["login", login, /DatabaseConnectionsBorrowLatency.*SCRAM.*UV_THREADPOOL_SIZE/],
  ] as const)("in the phase %s says what to check", (phase, message, remedy) => {
    expect(timeoutIn(phase)).toBe(message);
    expect(timeoutRemedy(phase)).toMatch(remedy);
  });

  it.each(["slot", "credentials", undefined] as const)(
    "in the phase %s counts as a login's, without a remedy",
    (phase) => {
      expect(timeoutIn(phase)).toBe(login);
      expect(timeoutRemedy(phase)).toBeUndefined();
    },
  );
});
