import middy from "@middy/core";
import { sequelizeAdapter, withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { rdsProxy } from "@rds-proxy/middleware";
import { rdsProxy as rdsProxyForMysql } from "@rds-proxy/middleware/mysql";
import middy6 from "middy-6";
import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  Sequelize,
} from "sequelize";
import { Sequelize as Typescript } from "sequelize-typescript";
import { expectTypeOf } from "vitest";

class Order extends Model<InferAttributes<Order>, InferCreationAttributes<Order>> {
  declare id: CreationOptional<number>;
  declare total: number;
}
const init = (sequelize: Sequelize) => ({
  Order: Order.init(
    { id: { type: DataTypes.INTEGER, primaryKey: true }, total: DataTypes.INTEGER },
    { sequelize },
  ),
});

// The instance is typed by inference, on Middy 7 and on Middy 6.
middy()
  .use(rdsProxy({ adapter: sequelizeAdapter({ dialect: "postgres" }) }))
  .handler(async (_event, { db, awsRequestId }) => {
    expectTypeOf(db).toEqualTypeOf<Sequelize>();
    expectTypeOf(awsRequestId).toEqualTypeOf<string>();
  });
middy6()
  .use(rdsProxyForMysql({ adapter: sequelizeAdapter({ dialect: "mysql" }), contextKey: "orders" }))
  .handler(async (_event, { orders }) => {
    expectTypeOf(orders).toEqualTypeOf<Sequelize>();
  });

// So are the models that `init` returns.
middy()
  .use(rdsProxy({ adapter: sequelizeAdapter({ dialect: "postgres", init }) }))
  .handler(async (_event, { db }) => {
    const order = await db.models.Order.findByPk(1);
    expectTypeOf(order).toEqualTypeOf<Order | null>();
    expectTypeOf(
      await db.transaction(async (transaction) => db.models.Order.count({ transaction })),
    ).toEqualTypeOf<number>();
    // @ts-expect-error there is no such model
    db.models.Customer;
  });

// An `init` that only registers models does not change the type.
middy()
  .use(
    rdsProxy({
      adapter: sequelizeAdapter({ dialect: "postgres", init: (sequelize) => void init(sequelize) }),
    }),
  )
  .handler(async (_event, { db }) => {
    expectTypeOf(db).toEqualTypeOf<Sequelize>();
  });

// A subclass, or a function's return type, is the type of the instance, with and without models.
class Shop extends Sequelize {
  readonly currency: string = "EUR";
}
middy()
  .use(rdsProxy({ adapter: sequelizeAdapter({ dialect: "postgres", sequelize: Shop }) }))
  .handler(async (_event, { db }) => {
    expectTypeOf(db).toEqualTypeOf<Shop>();
  });
middy()
  .use(
    rdsProxy({
      adapter: sequelizeAdapter({
        dialect: "postgres",
        sequelize: (options) => new Shop({ ...options, logging: false }),
        init(shop) {
          expectTypeOf(shop).toEqualTypeOf<Shop>();
          return init(shop);
        },
      }),
    }),
  )
  .handler(async (_event, { db }) => {
    expectTypeOf(db.currency).toEqualTypeOf<string>();
    expectTypeOf(await db.models.Order.findByPk(1)).toEqualTypeOf<Order | null>();
  });
middy()
  .use(
    rdsProxy({
      adapter: sequelizeAdapter({
        dialect: "postgres",
        sequelize: (options) => new Typescript({ ...options, models: [] }),
        init: (sequelize) => sequelize.addModels([]),
      }),
    }),
  )
  .handler(async (_event, { db }) => {
    expectTypeOf(db).toEqualTypeOf<Typescript>();
  });

// The result is of Sequelize's option type.
new Sequelize(withRdsProxy({ dialect: "mysql", timezone: "+02:00" }, { region: "eu-west-1" }));
withRdsProxy({ dialect: "postgres", pool: { max: 2 } }, { ssl: { ca: "pem" }, preparedStatements: true });

// @ts-expect-error the dialect is required
withRdsProxy({});
// @ts-expect-error RDS Proxy does not support it
withRdsProxy({ dialect: "sqlite" });
// @ts-expect-error host is one of Sequelize's options
withRdsProxy({ dialect: "mysql" }, { host: "localhost" });
// @ts-expect-error host is an option of rdsProxy()
sequelizeAdapter({ dialect: "mysql", host: "localhost" });
// @ts-expect-error it does not return a Sequelize
sequelizeAdapter({ dialect: "mysql", sequelize: () => new Date() });
// @ts-expect-error a token is signed instead
sequelizeAdapter({ dialect: "mysql", password: "secret" });
