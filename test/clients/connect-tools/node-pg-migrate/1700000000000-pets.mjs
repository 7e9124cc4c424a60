export const up = (builder) => builder.createTable("connect_pets", { id: "integer" });
export const down = (builder) => builder.dropTable("connect_pets");
