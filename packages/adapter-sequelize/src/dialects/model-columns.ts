import type { Model, ModelAttributeColumnOptions, ModelStatic, Sequelize } from "sequelize";
import { dataTypeInternals, modelInternals } from "../sequelize-internals.js";
import type { ColumnTypes } from "./inline-binds.js";

/** Column types as an instance's models declare them, if all models of the table agree. */
export function columnTypesOf(sequelize: Sequelize): ColumnTypes {
  const modelsOf = indexByTable(sequelize);
  const attributesOf = indexByColumn();
  return ({ table, column }) => {
    const types = new Set<string | undefined>();
    for (const model of modelsOf(table)) {
      for (const { type } of attributesOf(model).get(column) ?? []) types.add(sqlTypeOf(type));
    }
    const [type] = types;
    return types.size === 1 ? type : undefined;
  };
}

type AnyModel = ModelStatic<Model>;

/** Finds a table's models. The index lasts until a model is added, removed or renamed. */
function indexByTable(sequelize: Sequelize): (table: string) => readonly AnyModel[] {
  let models: readonly unknown[] = [];
  let count = 0;
  let tables = new Map<string, AnyModel[]>();
  const build = (): void => {
    // Sequelize adds to the array, and replaces it when it removes a model.
    models = sequelize.modelManager.all;
    count = models.length;
    tables = new Map();
    for (const model of Object.values(sequelize.models)) add(tables, tableNameOf(model), model);
  };
  return (table) => {
    const all: readonly unknown[] = sequelize.modelManager.all;
    const hasSameModels = all === models && all.length === count;
    const isCurrent = hasSameModels && tables.get(table)?.every((model) => tableNameOf(model) === table);
    if (!isCurrent) build();
    return tables.get(table) ?? [];
  };
}

type Columns = ReadonlyMap<string | undefined, readonly ModelAttributeColumnOptions[]>;

/** Finds a model's attributes by their columns. An index lasts until Sequelize has refreshed the model's attributes. */
function indexByColumn(): (model: AnyModel) => Columns {
  const indexes = new WeakMap<object, Columns>();
  return (model) => {
    const { tableAttributes } = modelInternals(model);
    const known = indexes.get(tableAttributes);
    if (known) return known;
    const columns = new Map<string | undefined, ModelAttributeColumnOptions[]>();
    for (const attribute of Object.values(model.getAttributes())) add(columns, attribute.field, attribute);
    indexes.set(tableAttributes, columns);
    return columns;
  };
}

function add<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

/** As Sequelize quotes it: MySQL has no schemas, so a schema is part of the name. */
function tableNameOf(model: AnyModel): string {
  const name = model.getTableName();
  if (typeof name === "string") return name;
  return name.schema ? `${name.schema}${name.delimiter || "."}${name.tableName}` : name.tableName;
}

/** As in Sequelize's CREATE TABLE. */
function sqlTypeOf(type: unknown): string | undefined {
  if (typeof type === "string") return type;
  if (typeof type !== "object" || type === null) return undefined;
  const { toSql } = dataTypeInternals(type);
  return toSql && String(toSql.call(type, { escape: JSON.stringify }));
}
