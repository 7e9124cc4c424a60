import {
  type CreationOptional,
  DataTypes,
  type ForeignKey,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type Sequelize,
} from "sequelize";

class Order extends Model<InferAttributes<Order>, InferCreationAttributes<Order>> {
  declare id: CreationOptional<number>;
  declare customer: string;
}

class OrderLine extends Model<InferAttributes<OrderLine>, InferCreationAttributes<OrderLine>> {
  declare id: CreationOptional<number>;
  declare orderId: ForeignKey<number>;
  declare product: string;
  declare quantity: number;
}

/** The tables as Sequelize's models, the same on both engines. */
export function defineShop(sequelize: Sequelize): { Order: typeof Order; OrderLine: typeof OrderLine } {
  const options = { sequelize, timestamps: false, underscored: true };
  const id = { type: DataTypes.INTEGER, autoIncrement: true, primaryKey: true };
  Order.init({ id, customer: DataTypes.STRING }, { ...options, tableName: "orders" });
  OrderLine.init(
    { id: { ...id }, product: DataTypes.STRING, quantity: DataTypes.INTEGER },
    { ...options, tableName: "order_lines" },
  );
  OrderLine.belongsTo(Order, { foreignKey: "orderId" });
  return { Order, OrderLine };
}
