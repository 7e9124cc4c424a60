import { Sequelize } from "sequelize";
import { describe, expect, it } from "vitest";
import { sequelizeInternals } from "./sequelize-internals.js";

describe("an instance of Sequelize", () => {
  const managerWith = (members: object): object => {
    const sequelize = new Sequelize({ dialect: "postgres", logging: false });
    Object.assign(Reflect.get(sequelize, "connectionManager"), members);
    return sequelize;
  };
  const unsupported = expect.objectContaining({
    code: "RDS_PROXY_UNSUPPORTED",
    message:
      "This version of Sequelize manages its connections in another way: 6.37 or later of version 6 is needed.",
  });

  it("of version 6 has what is needed", () => {
    const sequelize = managerWith({});
    expect(Reflect.apply(sequelizeInternals, undefined, [sequelize])).toBe(sequelize);
  });

  it.each(["connect", "disconnect", "getConnection", "releaseConnection", "destroyConnection"])(
    "without `%s` is refused",
    (name) => {
      const sequelize = managerWith({ [name]: undefined });
      expect(() => Reflect.apply(sequelizeInternals, undefined, [sequelize])).toThrow(unsupported);
    },
  );

  it.each([
    ["no manager of connections", {}],
    ["no module of the driver", managerWith({ lib: undefined })],
    ["null for the module of the driver", managerWith({ lib: null })],
  ])("with %s is refused", (_, sequelize) => {
    expect(() => Reflect.apply(sequelizeInternals, undefined, [sequelize])).toThrow(unsupported);
  });
});
