import type { Model, ModelStatic, Sequelize } from "sequelize";
import { dataTypeInternals } from "../sequelize-internals.js";
import type { ColumnTypes } from "./inline-binds.js";

/** Column types as an instance's models declare them, if all models of the table agree. */
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

/** As Sequelize quotes it: MySQL has no schemas, so a schema is part of the name. */
function tableNameOf(model: ModelStatic<Model>): string {
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
