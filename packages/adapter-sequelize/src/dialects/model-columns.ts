import type { Model, ModelStatic, Sequelize } from "sequelize";
import type { ColumnTypes } from "./inline-binds.js";

/** The types of columns as the models of an instance declare them, where all models of the table agree. */
export function columnTypesOf(sequelize: Sequelize): ColumnTypes {
  return ({ table, column }) => {
    const types = new Set<string | undefined>();
    for (const model of Object.values(sequelize.models)) {
      if (tableNameOf(model) !== table) continue;
      for (const { field, type } of Object.values(model.getAttributes())) {
        if (field === column) types.add(sqlTypeOf(type));
      }
    }
    const [type] = types;
    return types.size === 1 ? type : undefined;
  };
}

/** As Sequelize quotes it: MySQL has no schemas, so that one is a part of the name. */
function tableNameOf(model: ModelStatic<Model>): string {
  const name = model.getTableName();
  if (typeof name === "string") return name;
  return name.schema ? `${name.schema}${name.delimiter || "."}${name.tableName}` : name.tableName;
}

/** As Sequelize has it made by a type for CREATE TABLE. */
function sqlTypeOf(type: unknown): string | undefined {
  if (typeof type === "string") return type;
  const sqlType: unknown = Reflect.get(Object(type), "toSql");
  if (typeof sqlType !== "function") return undefined;
  return String(Reflect.apply(sqlType, type, [{ escape: JSON.stringify }]));
}
