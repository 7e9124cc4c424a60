import { DataTypes, Sequelize } from "sequelize";
import { SequelizeStorage, Umzug } from "umzug";

const sequelize = new Sequelize(process.env.DATABASE_URL, { dialect: process.env.DIALECT, logging: false });
const umzug = new Umzug({
  migrations: [
    {
      name: "01-pets",
      up: ({ context }) => context.createTable("connect_pets", { id: DataTypes.INTEGER }),
      down: ({ context }) => context.dropTable("connect_pets"),
    },
  ],
  context: sequelize.getQueryInterface(),
  storage: new SequelizeStorage({ sequelize }),
  logger: undefined,
});
await umzug[process.argv[2]]();
await sequelize.close();
