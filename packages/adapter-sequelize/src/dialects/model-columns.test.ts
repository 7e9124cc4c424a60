import { DataTypes, Sequelize } from "sequelize";
import { expect, test } from "vitest";
import { columnTypesOf } from "./model-columns.js";

function createInstance() {
  const sequelize = new Sequelize({ dialect: "mysql", logging: false });
  const order = sequelize.define("order", {
    item: { type: DataTypes.STRING(20), field: "item_name" },
    count: DataTypes.INTEGER,
  });
  return { sequelize, order, typeOf: columnTypesOf(sequelize) };
}

test("gives the type of a column as its models declare it", () => {
  const { typeOf } = createInstance();
  expect(typeOf({ table: "orders", column: "item_name" })).toBe("VARCHAR(20)");
  expect(typeOf({ table: "orders", column: "count" })).toBe("INTEGER");
  expect(typeOf({ table: "orders", column: "item" })).toBeUndefined();
  expect(typeOf({ table: "others", column: "count" })).toBeUndefined();
});

test("knows a model with a schema by Sequelize's name for its table", () => {
  const { sequelize, typeOf } = createInstance();
  sequelize.define("note", { text: DataTypes.TEXT }, { schema: "shop" });
  expect(typeOf({ table: "shop.notes", column: "text" })).toBe("TEXT");
});

test("sees a model that is added, defined anew or removed later", () => {
  const { sequelize, typeOf } = createInstance();
  const column = { table: "users", column: "name" };
  expect(typeOf(column)).toBeUndefined();
  const user = sequelize.define("user", { name: DataTypes.STRING(10) });
  expect(typeOf(column)).toBe("VARCHAR(10)");
  sequelize.define("user", { name: DataTypes.STRING(30) });
  expect(typeOf(column)).toBe("VARCHAR(30)");
  sequelize.define("person", { name: DataTypes.TEXT }, { tableName: "users" });
  expect(typeOf(column)).toBeUndefined();
  sequelize.modelManager.removeModel(user);
  expect(typeOf(column)).toBe("TEXT");
});

test("sees an attribute that is added by an association, changed or removed later", () => {
  const { sequelize, order, typeOf } = createInstance();
  const key = { table: "orders", column: "userId" };
  expect(typeOf(key)).toBeUndefined();
  order.belongsTo(sequelize.define("user", {}));
  expect(typeOf(key)).toBe("INTEGER");
  order.removeAttribute("userId");
  expect(typeOf(key)).toBeUndefined();
  Object.assign(order.getAttributes()["count"] ?? {}, { type: DataTypes.BIGINT() });
  expect(typeOf({ table: "orders", column: "count" })).toBe("BIGINT");
});

test("sees that a model's table is renamed", () => {
  const { order, typeOf } = createInstance();
  expect(typeOf({ table: "orders", column: "count" })).toBe("INTEGER");
  Object.assign(order, { tableName: "orders_2026" });
  expect(typeOf({ table: "orders_2026", column: "count" })).toBe("INTEGER");
  expect(typeOf({ table: "orders", column: "count" })).toBeUndefined();
});
