export const up = ({ schema }) => schema.createTable("connect_pets").addColumn("id", "integer").execute();
export const down = ({ schema }) => schema.dropTable("connect_pets").execute();
