export const up = ({ schema }) => schema.createTable("connect_pets", (table) => table.integer("id"));
export const down = ({ schema }) => schema.dropTable("connect_pets");
