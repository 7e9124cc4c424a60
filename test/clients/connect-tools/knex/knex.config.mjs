export default {
  client: process.env.DIALECT === "postgres" ? "pg" : "mysql2",
  connection: process.env.DATABASE_URL,
  migrations: { directory: "migrations", loadExtensions: [".mjs"] },
};
