import { describe, expect, it } from "vitest";
import {
  connectionsClosed,
  invalidOption,
  leaseEnded,
  noFreeConnection,
  poolEnded,
  RdsProxyError,
} from "./errors.js";

const ENDPOINT = "app@db.example:5432";
const CAUSE = new Error("the driver's own");

describe("an error of this library", () => {
  it("has its name, code and message, and nothing of connects without a connect", () => {
    const error = new RdsProxyError("RDS_PROXY_REFUSED", "refused");
    expect(error).toMatchObject({ name: "RdsProxyError", code: "RDS_PROXY_REFUSED", message: "refused" });
    expect(error).toMatchObject({ attempts: undefined, phase: undefined, isTransient: false });
    expect(error).toBeInstanceOf(Error);
  });

  it("has the details of its connect", () => {
    const details = { attempts: 3, phase: "login", isTransient: true, cause: CAUSE } as const;
    expect(new RdsProxyError("RDS_PROXY_EXHAUSTED", "no slot", details)).toMatchObject(details);
  });

  it("about credentials is always of the phase `credentials`", () => {
    expect(new RdsProxyError("RDS_PROXY_NO_CREDENTIALS", "none", { phase: "login" }).phase).toBe(
      "credentials",
    );
  });

  it("without a cause shows none in a log", () => {
    const errors = [
      new RdsProxyError("RDS_PROXY_REFUSED", "refused"),
      new RdsProxyError("RDS_PROXY_REFUSED", "refused", { cause: undefined }),
      noFreeConnection(ENDPOINT, 2),
    ];
    for (const error of errors) expect(Object.hasOwn(error, "cause")).toBe(false);
  });
});

describe("the error", () => {
  it("for a wrong option names it, what was expected and received, and the remedy", () => {
    expect(invalidOption("port", "a port", '"x"', "Correct it.")).toMatchObject({
      code: "RDS_PROXY_INVALID_OPTION",
      message: 'port: expected a port, received "x". Correct it.',
    });
  });

  it("for a connection that did not become free has the driver's error as its cause", () => {
    expect(noFreeConnection(ENDPOINT, 2, CAUSE)).toMatchObject({
      code: "RDS_PROXY_NO_FREE_CONNECTION",
      message:
        "No connection to app@db.example:5432 became free in time: all 2 of this process are in use. " +
        "Raise `maxConnections`, or hold connections for a shorter time.",
      phase: "slot",
      cause: CAUSE,
    });
  });

  it("for a connection after close() names the endpoint", () => {
    expect(connectionsClosed(ENDPOINT)).toMatchObject({
      code: "RDS_PROXY_CLOSED",
      message: "The connections to app@db.example:5432 were closed with close().",
    });
  });

  it("for an ended pool names the endpoint, with the driver's error as its cause", () => {
    expect(poolEnded(ENDPOINT, CAUSE)).toMatchObject({
      code: "RDS_PROXY_CLOSED",
      message: "The pool of app@db.example:5432 has ended.",
      cause: CAUSE,
    });
  });

  it("for a use after the invocation names the remedy", () => {
    expect(leaseEnded()).toMatchObject({
      code: "RDS_PROXY_LEASE_ENDED",
      message:
        "The connection was used after its invocation had ended. Await every query before the handler returns, and " +
        "take the connection from the context of each invocation instead of keeping it.",
    });
  });
});
