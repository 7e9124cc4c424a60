import type { Connection } from "mysql2";
import { describe, expect, it, vi } from "vitest";
import { LeaseConfig } from "./lease-config.js";
import type { PhysicalConnection } from "./physical-connection.js";

class Shared {
  readonly of = "all connections";
}

function lease() {
  const original = {
    charsetNumber: 45,
    ssl: { ca: ["root"] },
    attributes: Object.assign(Object.create(null), { program: "shop" }),
    shared: new Shared(),
    missing: null,
    get password() {
      return "of the secret";
    },
  };
  const connection: Connection = Object({ config: original });
  const markUnusable = vi.fn();
  const physical: PhysicalConnection = Object({ connection, markUnusable });
  return { original, connection, markUnusable, config: new LeaseConfig(physical) };
}

describe("the configuration of a lease", () => {
  it("is a deep copy of objects and arrays, which the connection uses", () => {
    const { config, original, connection } = lease();
    const copy = Object(config.copy());
    expect(connection.config).toBe(copy);
    expect(config.copy()).toBe(copy);
    expect(copy).toEqual(original);
    copy.ssl.ca.push("other");
    copy.attributes.program = "other";
    expect(original).toMatchObject({ ssl: { ca: ["root"] }, attributes: { program: "shop" } });
    expect(Array.isArray(copy.ssl.ca)).toBe(true);
  });

  it("shares instances of classes, and keeps getters", () => {
    const { config, original } = lease();
    const copy = config.copy();
    expect(Reflect.get(copy, "shared")).toBe(original.shared);
    expect(Object.getOwnPropertyDescriptor(copy, "password")).toHaveProperty("get", expect.any(Function));
  });

  it("ends with it; a later reader gets a copy that the connection does not read", () => {
    const { config, original, connection, markUnusable } = lease();
    config.copy();
    config.restore();
    expect(connection.config).toBe(original);
    expect(config.copy()).not.toBe(original);
    expect(connection.config).toBe(original);
    expect(markUnusable).not.toHaveBeenCalled();
  });

  it("makes the connection unusable if its character set was changed, since the session keeps that", () => {
    const { config, original, connection, markUnusable } = lease();
    Object.assign(config.copy(), { charsetNumber: 8 });
    config.restore();
    expect(markUnusable).toHaveBeenCalledOnce();
    expect(connection.config).toBe(original);
  });

  it("is the original if nothing read it", () => {
    const { config, original, connection, markUnusable } = lease();
    config.restore();
    expect(connection.config).toBe(original);
    expect(markUnusable).not.toHaveBeenCalled();
  });
});
