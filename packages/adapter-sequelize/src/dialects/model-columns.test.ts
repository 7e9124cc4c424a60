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

test("knows a schema by its delimiter, and a name of a model's own making", () => {
  const { sequelize, order, typeOf } = createInstance();
  // Not in Sequelize's types.
  const delimiter: object = { schemaDelimiter: "_" };
  sequelize.define("note", { text: DataTypes.TEXT }, { schema: "shop", ...delimiter });
  expect(typeOf({ table: "shop_notes", column: "text" })).toBe("TEXT");
  const nameAs = (name: object): void => void Object.assign(order, { getTableName: () => name });
  nameAs({ tableName: "orders", schema: "old" });
  expect(typeOf({ table: "old.orders", column: "count" })).toBe("INTEGER");
  nameAs({ tableName: "own" });
  expect(typeOf({ table: "own", column: "count" })).toBe("INTEGER");
});

test("gives a type as it is in CREATE TABLE", () => {
  const { sequelize, typeOf } = createInstance();
  const thing = sequelize.define("thing", {
    raw: "MEDIUMINT",
    choice: DataTypes.ENUM("x", "it's"),
    price: DataTypes.DECIMAL(10, 2),
  });
  const typeOfColumn = (column: string) => typeOf({ table: "things", column });
  expect(["raw", "choice", "price"].map(typeOfColumn)).toEqual([
    "MEDIUMINT",
    'ENUM("x", "it\'s")',
    "DECIMAL(10,2)",
  ]);
  for (const type of [null, undefined, 1, {}]) {
    Object.assign(thing.getAttributes()["raw"] ?? {}, { type });
    expect(typeOfColumn("raw")).toBeUndefined();
  }
});

test("asks the models of a table that have the column, which have to agree", () => {
  const { sequelize, typeOf } = createInstance();
  sequelize.define("receipt", { count: DataTypes.INTEGER, item: DataTypes.TEXT }, { tableName: "orders" });
  expect(typeOf({ table: "orders", column: "count" })).toBe("INTEGER");
  expect(typeOf({ table: "orders", column: "item" })).toBe("TEXT");
  expect(typeOf({ table: "orders", column: "item_name" })).toBe("VARCHAR(20)");
  sequelize.define("list", { count: DataTypes.BIGINT }, { tableName: "orders" });
  expect(typeOf({ table: "orders", column: "count" })).toBeUndefined();
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

test("sees that the table of one of its models is renamed", () => {
  const { sequelize, order, typeOf } = createInstance();
  const receipt = sequelize.define("receipt", { count: DataTypes.BIGINT }, { tableName: "orders" });
  const column = { table: "orders", column: "count" };
  expect(typeOf(column)).toBeUndefined();
  Object.assign(receipt, { tableName: "receipts" });
  expect(typeOf(column)).toBe("INTEGER");
  Object.assign(order, { tableName: "receipts" });
  expect(typeOf(column)).toBeUndefined();
});

test("sees that a model's table is renamed", () => {
  const { order, typeOf } = createInstance();
  expect(typeOf({ table: "orders", column: "count" })).toBe("INTEGER");
  Object.assign(order, { tableName: "orders_2026" });
  expect(typeOf({ table: "orders_2026", column: "count" })).toBe("INTEGER");
  expect(typeOf({ table: "orders", column: "count" })).toBeUndefined();
});
