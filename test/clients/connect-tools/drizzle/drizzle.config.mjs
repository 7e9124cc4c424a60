const engine = process.env.DIALECT;

export default {
  dialect: engine === "postgres" ? "postgresql" : "mysql",
  schema: `./${engine}.mjs`,
  out: `./migrations-${engine}`,
  dbCredentials: { url: process.env.DATABASE_URL },
};
