import { RdsProxyError } from "@rds-proxy/core";
import { AccessDeniedError, ConnectionAcquireTimeoutError, ConnectionError } from "sequelize";
import { describe, expect, it } from "vitest";
import { acquireTimeoutFor, connectErrorFor, driverErrorOf } from "./connect-error.js";

const driverError = Object.assign(new Error("denied"), { code: "28P01" });
const cause = new RdsProxyError("RDS_PROXY_REFUSED", "our own");

describe("the driver's error", () => {
  it("is inside of Sequelize's error for connections", () => {
    expect(driverErrorOf(new AccessDeniedError(driverError))).toBe(driverError);
  });

  it.each([
    ["of a driver", driverError],
    ["that is no error", "denied"],
  ])("is one %s itself", (_, error) => {
    expect(driverErrorOf(error)).toBe(error);
  });
});

describe("what Sequelize rejects with", () => {
  it("is its own error, if that has the driver's", () => {
    const thrown = new AccessDeniedError(driverError);
    const error = connectErrorFor({ thrown, driverError }, cause);
    expect(error).toBe(thrown);
    expect(Object.getOwnPropertyDescriptor(error, "cause")).toEqual({
      value: cause,
      configurable: true,
      enumerable: false,
      writable: true,
    });
  });

  it.each([
    ["has another", new AccessDeniedError(new Error("another"))],
    ["is none of Sequelize's", Object.assign(new Error("not of Sequelize"), { parent: driverError })],
    ["is no error", undefined],
  ])("is a new error with the driver's if the thrown one %s", (_, thrown) => {
    const error = connectErrorFor({ thrown, driverError }, cause);
    expect(error).not.toBe(thrown);
    expect(error.constructor).toBe(ConnectionError);
    expect(error).toMatchObject({ parent: driverError, cause });
  });

  it("has a thrown value that is no error as its text", () => {
    const { parent } = connectErrorFor({ thrown: "late", driverError: "late" }, cause);
    expect(parent).toBeInstanceOf(Error);
    expect(parent.message).toBe("late");
  });

  it("is its own error if no connection became free, with ours as parent and cause", () => {
    const error = acquireTimeoutFor(cause);
    expect(error).toBeInstanceOf(ConnectionAcquireTimeoutError);
    expect([error.parent, Reflect.get(error, "cause")]).toEqual([cause, cause]);
  });
});
