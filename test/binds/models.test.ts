import { randomUUID } from "node:crypto";
import { withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import { DataTypes, type Model, type ModelStatic, Op, Sequelize, type WhereOptions } from "sequelize";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { connectTo } from "../support/connect-to.js";

/** Attributes of all types, with what their columns hold and what they are compared with. */
const ATTRIBUTES = {
  tiny: { type: DataTypes.TINYINT, values: [0, 1, 50, -1] },
  int: { type: DataTypes.INTEGER, values: [0, 1, 50, 99, 2050, "50"] },
  big: { type: DataTypes.BIGINT, values: [7, "9007199254740993"] },
  unsigned: { type: DataTypes.BIGINT.UNSIGNED, values: [7, "18446744073709551615"] },
  decimal: { type: DataTypes.DECIMAL(20, 4), values: [0.1, "-12.3456", 50] },
  float: { type: DataTypes.FLOAT, values: [1.5, 50] },
  double: { type: DataTypes.DOUBLE, values: [0.1, 1e300, 50] },
  boolean: { type: DataTypes.BOOLEAN, values: [true, false] },
  string: { type: DataTypes.STRING, values: ["a", "A", "it's", "\\", "中\\'", "50", ""] },
  binary: { type: DataTypes.STRING(60, true), values: ["a", "A"] },
  char: { type: DataTypes.CHAR(10), values: ["a", "a "] },
  text: { type: DataTypes.TEXT, values: ["a", "ä"] },
  choice: { type: DataTypes.ENUM("a", "b", "3"), values: ["a", "3"] },
  uuid: { type: DataTypes.UUID, values: ["6a2f41a3-c54c-4af0-8a6c-2b5f4d6a8f01"] },
  date: { type: DataTypes.DATE, values: [new Date("2026-02-03T04:05:06Z"), "2026-02-03 04:05:06"] },
  micro: { type: DataTypes.DATE(6), values: [new Date("2026-02-03T04:05:06.789Z")] },
  day: { type: DataTypes.DATEONLY, values: ["2026-02-03", "2050-01-01"] },
  time: { type: DataTypes.TIME, values: ["01:02:03", "00:00:50"] },
  stamp: { type: "TIMESTAMP NULL", values: ["2026-02-03 04:05:06"] },
  year: { type: "YEAR", values: [2050, 1999, "2026"] },
} as const;

/** Compared with each attribute. What is not of its type is prepared. */
const FOREIGN = [0, 1, 50, 99, 2.5, 2026, "50", "x", "", "2026-02-30", "12:34", true];

const OPERATORS = [Op.eq, Op.ne, Op.gt, Op.lte] as const;

let proxy: LocalProxy;
let inText: ModelStatic<Model>;
let prepared: ModelStatic<Model>;

function modelOf(table: string, preparedStatements: boolean): ModelStatic<Model> {
  const { host, port, user, database, region, credentials, ssl } = connectTo(proxy);
  const sequelize = new Sequelize(
    withRdsProxy(
      {
        dialect: "mysql",
        host,
        port,
        username: user,
        database,
        logging: false,
        dialectOptions: { maxPreparedStatements: 1 },
      },
      { region, credentials, ssl, preparedStatements },
    ),
  );
  const attributes = Object.fromEntries(
    Object.entries(ATTRIBUTES).map(([name, { type }]) => [name, { type, field: `c_${name}` }]),
  );
  return sequelize.define(
    "Entry",
    { ...attributes, note: DataTypes.STRING },
    { tableName: table, timestamps: false, charset: "utf8mb4" },
  );
}

beforeAll(async () => {
  proxy = await startLocalProxy({ engine: "mysql", upstream: inject("mysql") });
  const table = `models_${randomUUID().slice(0, 8)}`;
  inText = modelOf(table, false);
  prepared = modelOf(table, true);
  await prepared.sync();
  for (const [name, { values }] of Object.entries(ATTRIBUTES)) {
    for (const value of values) await prepared.create({ [name]: value });
  }
});

afterAll(async () => {
  await prepared.drop();
  await inText.sequelize?.close();
  await prepared.sequelize?.close();
  await proxy.close();
});

/** What an update changes, or its error; undone afterwards. */
async function outcomeOf(model: ModelStatic<Model>, where: WhereOptions): Promise<object> {
  const transaction = await model.sequelize?.transaction();
  if (!transaction) throw new Error("the model has no Sequelize");
  try {
    const affected = await model.update({ note: "changed" }, { where, transaction });
    const rows = await model.findAll({ where: { note: "changed" }, attributes: ["id"], transaction });
    return { affected, ids: rows.map((row) => row.get("id")) };
  } catch (error) {
    return { error: String(error) };
  } finally {
    await transaction.rollback();
  }
}

/** Drops other statements from the cache: prepared again, one would convert values to the types that it had before. */
async function clearCache(model: ModelStatic<Model>): Promise<void> {
  await model.sequelize?.query("select $1", { bind: [1] });
}

test.each(Object.entries(ATTRIBUTES))(
  "an update finds by %s what it finds prepared, and pins for no value of its type",
  async (name, { values }) => {
    const pins = proxy.pins().length;
    const conditions: WhereOptions[] = [...values, null].flatMap((value) => [
      ...OPERATORS.map((operator) => ({ [name]: { [operator]: value } })),
      ...(value === null ? [] : [{ [name]: [value, value] }, { [name]: { [Op.between]: [value, value] } }]),
      { id: 1, [name]: value },
    ]);
    const found = [];
    for (const where of conditions) found.push({ where, ...(await outcomeOf(inText, where)) });
    expect(proxy.pins().slice(pins)).toEqual([]);
    const expected = [];
    for (const where of conditions) {
      await clearCache(prepared);
      expected.push({ where, ...(await outcomeOf(prepared, where)) });
    }
    expect(found).toEqual(expected);
  },
);

test.each(Object.keys(ATTRIBUTES))(
  "an update finds by %s what it finds prepared, also by a value of another type",
  async (name) => {
    for (const value of FOREIGN) {
      await clearCache(inText);
      await clearCache(prepared);
      const found = await outcomeOf(inText, { [name]: value });
      expect({ value, ...found }).toEqual({ value, ...(await outcomeOf(prepared, { [name]: value })) });
    }
  },
);
