import { randomUUID } from "node:crypto";
import middy from "@middy/core";
import { type SequelizeWith, sequelizeAdapter, withRdsProxy } from "@rds-proxy/adapter-sequelize";
import { onRdsProxyEvent } from "@rds-proxy/core";
import { lambdaContext } from "@rds-proxy/lambda-kit/runtime";
import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import { rdsProxy } from "@rds-proxy/middleware";
import {
  AccessDeniedError,
  ConnectionAcquireTimeoutError,
  ConnectionError,
  ConnectionRefusedError,
  type CreationOptional,
  DatabaseError,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type NonAttribute,
  type Options,
  QueryTypes,
  Sequelize,
  Transaction,
  UniqueConstraintError,
} from "sequelize";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { testedEngines } from "../support/tested-engines.js";

class Customer extends Model<InferAttributes<Customer>, InferCreationAttributes<Customer>> {
  declare id: CreationOptional<number>;
  declare name: string;
  declare orders?: NonAttribute<Order[]>;
}
class Order extends Model<InferAttributes<Order>, InferCreationAttributes<Order>> {
  declare id: CreationOptional<number>;
  declare customerId: number;
  declare total: number;
  declare note: string | null;
  declare placedAt: Date;
  declare details: object;
  declare seal: Buffer;
  declare isPaid: boolean;
}

/** Tables of one test alone. */
function defineModels(sequelize: Sequelize): { Customer: typeof Customer; Order: typeof Order } {
  const suffix = randomUUID().slice(0, 8);
  class OwnCustomer extends Customer {}
  class OwnOrder extends Order {}
  OwnCustomer.init(
    {
      id: { type: DataTypes.INTEGER, autoIncrement: true, primaryKey: true },
      name: { type: DataTypes.STRING, unique: true, allowNull: false },
    },
    { sequelize, modelName: "Customer", tableName: `customers_${suffix}`, timestamps: false },
  );
  OwnOrder.init(
    {
      id: { type: DataTypes.INTEGER, autoIncrement: true, primaryKey: true },
      customerId: DataTypes.INTEGER,
      total: DataTypes.DOUBLE,
      note: DataTypes.TEXT,
      placedAt: DataTypes.DATE(3),
      details: DataTypes.JSON,
      seal: DataTypes.BLOB,
      isPaid: DataTypes.BOOLEAN,
    },
    { sequelize, modelName: "Order", tableName: `orders_${suffix}`, timestamps: false },
  );
  OwnCustomer.hasMany(OwnOrder, { foreignKey: "customerId", as: "orders" });
  OwnOrder.belongsTo(OwnCustomer, { foreignKey: "customerId" });
  return { Customer: OwnCustomer, Order: OwnOrder };
}

type Db = SequelizeWith<ReturnType<typeof defineModels>>;

const anOrder = (customerId: number) => ({
  customerId,
  total: 12.5,
  note: 'what\'s "this"? a \\ and a ? in `it`\n-- no comment',
  placedAt: new Date("2026-03-01T12:34:56.789Z"),
  details: { lines: [{ sku: "a'b", count: 2 }], gift: true },
  seal: Buffer.from([0, 39, 92, 63, 255]),
  isPaid: true,
});

describe.each(testedEngines)("Sequelize on %s", (dialect) => {
  async function startProxy(options: Partial<LocalProxyOptions> = {}): Promise<LocalProxy> {
    const proxy = await startLocalProxy({
      engine: dialect,
      upstream: inject(dialect),
      recordMessages: true,
      ...options,
    });
    onTestFinished(() => proxy.close());
    return proxy;
  }

  function connectWith(
    proxy: LocalProxy,
    options: Omit<Options, "dialect"> = {},
    rdsProxyOptions: Parameters<typeof withRdsProxy>[1] = {},
  ): Sequelize {
    const { host, port, user, database, region, credentials, ssl } = connectTo(proxy);
    const sequelize = new Sequelize(
      withRdsProxy(
        { dialect, host, port, username: user, database, logging: false, ...options },
        { region, credentials, ssl, ...rdsProxyOptions },
      ),
    );
    onTestFinished(() => sequelize.close());
    return sequelize;
  }

  async function withModels(sequelize: Sequelize) {
    const models = defineModels(sequelize);
    await sequelize.sync();
    onTestFinished(async () => {
      await sequelize.drop();
    });
    return models;
  }

  const sentTexts = (proxy: LocalProxy): string[] => proxy.messages().flatMap(({ text }) => text ?? []);

  describe("an instance with withRdsProxy", () => {
    test("makes one connection on a cold start, and sends no SET", async () => {
      const proxy = await startProxy();
      const sequelize = connectWith(proxy);
      await sequelize.query("select 1");
      expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, TokensVerified: 1 });
      const asksForTypes = dialect === "postgres" ? [expect.stringMatching(/FROM pg_type/)] : [];
      expect(sentTexts(proxy)).toEqual([...asksForTypes, "select 1"]);
    });

    test("sends no statement that pins", async () => {
      const proxy = await startProxy();
      const sequelize = connectWith(proxy);
      const models = await withModels(sequelize);
      const before = proxy.messages().length;

      const ada = await models.Customer.create({ name: "Ada" });
      await models.Order.bulkCreate([anOrder(ada.id), anOrder(ada.id)]);
      await models.Order.update({ total: 13 }, { where: { customerId: ada.id } });
      await models.Customer.findOne({ where: { name: "Ada" }, include: "orders" });
      await sequelize.transaction(async (transaction) => {
        await models.Order.create(anOrder(ada.id), { transaction });
        await models.Order.destroy({ where: { customerId: ada.id }, transaction });
      });

      const messages = proxy.messages().slice(before);
      expect(messages.length).toBeGreaterThan(7);
      for (const { type, text = "", statementName = "" } of messages) {
        expect(["Query", "Parse", "Bind", "Describe", "Execute", "Sync", "COM_QUERY"]).toContain(type);
        expect(statementName).toBe("");
        expect(text).not.toMatch(/^\s*(?:SET|PREPARE|EXECUTE|DISCARD|DEALLOCATE|DECLARE|LISTEN)\b/i);
      }
    });

    test.each([false, true])(
      "stores and reads all kinds of values, prepared: %s",
      async (preparedStatements) => {
        const proxy = await startProxy();
        const sequelize = connectWith(proxy, {}, { preparedStatements });
        const models = await withModels(sequelize);
        const { id } = await models.Customer.create({ name: 'What\'s \\ "up"?' });
        const created = await models.Order.create(anOrder(id));
        await models.Order.update({ note: null }, { where: { id: created.id } });
        const [found] = await models.Order.findAll({ where: { id: created.id } });
        expect(found?.get()).toMatchObject({ ...anOrder(id), note: null });
        const customer = await models.Customer.findByPk(id, { include: "orders" });
        expect(customer?.name).toBe('What\'s \\ "up"?');
        expect(customer?.orders).toHaveLength(1);
        const isPrepared = proxy.messages().some(({ type }) => type === "COM_STMT_PREPARE");
        expect(isPrepared).toBe(preparedStatements && dialect === "mysql");
      },
    );

    test("binds values in order, with quotes and comments in the statement", async () => {
      const sequelize = connectWith(await startProxy());
      const rows = await sequelize.query("select 'what?' as q, $two as b, $one as a /* ? */", {
        bind: { one: "1'st", two: "2\\nd" },
        type: QueryTypes.SELECT,
      });
      expect(rows).toEqual([{ q: "what?", a: "1'st", b: "2\\nd" }]);
    });

    test("reports a violated constraint as Sequelize does, and keeps the connection", async () => {
      const proxy = await startProxy();
      const models = await withModels(connectWith(proxy));
      await models.Customer.create({ name: "Ada" });
      await expect(models.Customer.create({ name: "Ada" })).rejects.toBeInstanceOf(UniqueConstraintError);
      expect(await models.Customer.count()).toBe(1);
      expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    });

    test("commits and rolls back, managed and unmanaged", async () => {
      const sequelize = connectWith(await startProxy());
      const models = await withModels(sequelize);
      await sequelize.transaction((transaction) => models.Customer.create({ name: "kept" }, { transaction }));
      const failing = sequelize.transaction(async (transaction) => {
        await models.Customer.create({ name: "undone" }, { transaction });
        throw new Error("the caller's own");
      });
      await expect(failing).rejects.toThrow("the caller's own");
      const byHand = await sequelize.transaction();
      await models.Customer.create({ name: "undone too" }, { transaction: byHand });
      await byHand.rollback();
      expect((await models.Customer.findAll()).map(({ name }) => name)).toEqual(["kept"]);
    });

    test("never sends a statement twice, for any value of `retry`", async () => {
      const proxy = await startProxy();
      const sequelize = connectWith(proxy, { retry: { max: 5, match: [/.*/], backoffBase: 1 } });
      await sequelize.query("select 1");
      const before = proxy.metrics().QueryRequests;
      proxy.faults.loseNextReply();
      await expect(sequelize.query("select 2", { retry: { max: 5, match: [/.*/] } })).rejects.toThrow();
      expect(proxy.metrics().QueryRequests).toBe(before + 1);
      await expect(sequelize.query("select no_such_column")).rejects.toBeInstanceOf(DatabaseError);
      expect(sentTexts(proxy).filter((text) => text === "select no_such_column")).toHaveLength(1);
    });

    test("retries failed connects, depending on the server's error", async () => {
      const proxy = await startProxy();
      const retried: string[] = [];
      onTestFinished(onRdsProxyEvent("retry", ({ kind }) => retried.push(kind)));
      const sequelize = connectWith(proxy, {}, { retry: { baseDelayMs: 1, maxDelayMs: 2 } });
      proxy.faults.failConnects("exhausted", { times: 2 });
      proxy.faults.failConnects("borrow-timeout");
      proxy.faults.failConnects("reset-after-startup");
      await sequelize.query("select 1");
      expect(retried).toEqual(["exhausted", "exhausted", "borrow-timeout", "dropped"]);
    });

    test("retries a refused login once, and rejects with Sequelize's error, with ours as its cause", async () => {
      const proxy = await startProxy({ deniedUsers: [inject(dialect).user] });
      const sequelize = connectWith(proxy);
      const error: unknown = await sequelize.query("select 1").catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(dialect === "mysql" ? AccessDeniedError : ConnectionError);
      expect(error).toMatchObject({
        parent: { code: dialect === "mysql" ? "ER_ACCESS_DENIED_ERROR" : "28P01" },
        cause: { code: "RDS_PROXY_AUTHENTICATION_FAILED", attempts: 2 },
      });
      expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
    });

    test("rejects with Sequelize's ConnectionRefusedError, with ours as its cause, when the proxy is down", async () => {
      const proxy = await startProxy();
      const sequelize = connectWith(proxy, {}, { acquireTimeoutMs: 300 });
      await proxy.close();
      const error: unknown = await sequelize.query("select 1").catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ConnectionRefusedError);
      expect(error).toMatchObject({ cause: { code: "RDS_PROXY_UNREACHABLE" } });
    });

    test.each(["silence-after-startup", "silence-after-password"] as const)(
      "makes one more attempt after a server that stops answering (%s)",
      async (fault) => {
        const proxy = await startProxy();
        const sequelize = connectWith(proxy, {}, { connectTimeoutMs: 1000 });
        proxy.faults.failConnects(fault);
        await sequelize.query("select 1");
        expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
      },
    );

    test("replaces a dead connection before the statement is sent", async () => {
      const proxy = await startProxy();
      const sequelize = connectWith(proxy, {}, { validateAfterIdleMs: 0 });
      await sequelize.query("select 1");
      proxy.faults.killConnections("rst");
      await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
      await sequelize.query("select 2");
      proxy.faults.silenceConnections();
      await sequelize.query("select 3");
      expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 3, TokensVerified: 3 });
    });

    test("rolls back a raw BEGIN before the next statement", async () => {
      const proxy = await startProxy();
      const sequelize = connectWith(proxy);
      await sequelize.query("begin");
      await sequelize.query("select 1");
      expect(
        sentTexts(proxy)
          .slice(-3)
          .map((text) => text.toLowerCase()),
      ).toEqual(["begin", "rollback", "select 1"]);
    });

    test("keeps the user's options", async () => {
      const proxy = await startProxy();
      const connected: unknown[] = [];
      const sequelize = connectWith(proxy, {
        pool: { max: 3 },
        define: { underscored: true },
        hooks: {
          beforeConnect: ({ host }) => void connected.push(host),
          afterConnect: () => void connected.push("connected"),
        },
      });
      await sequelize.query("select 1");
      expect(connected).toEqual(["localhost", "connected"]);
      expect(Reflect.get(sequelize, "options")).toMatchObject({
        pool: { max: 3 },
        define: { underscored: true },
      });
      await Promise.all(Array.from({ length: 3 }, () => sequelize.query(sleep(dialect, 0.2))));
      expect(proxy.metrics().ClientConnectionsReceived).toBe(3);
    });

    test("signs for the replica that it connects to", async () => {
      const credentials = [
        { accessKeyId: "ASIAREPLICA", secretAccessKey: "secret", sessionToken: "session" },
      ];
      const writer = await startProxy({ credentials });
      const reader = await startProxy({ credentials });
      const { user, database } = connectTo(writer);
      const sequelize = connectWith(
        writer,
        {
          replication: {
            write: { host: "localhost", port: writer.port, username: user, database },
            read: [{ host: "localhost", port: reader.port, username: user, database }],
          },
        },
        { ssl: { ca: [writer.ca, reader.ca] } },
      );
      await sequelize.query("select 1", { type: QueryTypes.SELECT });
      await sequelize.query("select 2", { type: QueryTypes.SELECT, useMaster: true });
      expect(sentTexts(reader).at(-1)).toBe("select 1");
      expect(sentTexts(writer).at(-1)).toBe("select 2");
      expect(writer.metrics()).toMatchObject({ TokensVerified: 1, TokensRefused: {} });
      expect(reader.metrics()).toMatchObject({ TokensVerified: 1, TokensRefused: {} });
    });

    test("closes although the server does not answer", async () => {
      const proxy = await startProxy();
      const sequelize = connectWith(proxy);
      await sequelize.query("select 1");
      proxy.faults.silenceConnections();
      await sequelize.close();
      await expect(sequelize.query("select 1")).rejects.toThrow(/closed/);
    });
  });

  describe("in the context", () => {
    async function createEnvironment(
      options: { maxConnections?: number; validateAfterIdleMs?: number } = {},
      sequelizeOptions: Pick<Options, "hooks" | "pool"> = {},
    ) {
      const proxy = await startProxy();
      const middleware = rdsProxy({
        ...connectTo(proxy),
        ...options,
        adapter: sequelizeAdapter({ dialect, logging: false, init: defineModels, ...sequelizeOptions }),
      });
      onTestFinished(() => middleware.close());
      const invoke = <Result>(work: (db: Db) => Promise<Result>): Promise<Result> =>
        middy()
          .use(middleware)
          .handler(async (_event: unknown, { db }) => work(db))({}, lambdaContext());
      return { proxy, middleware, invoke };
    }

    /** The same with tables for its models. */
    async function createFilledEnvironment(options: { maxConnections?: number } = {}) {
      const environment = await createEnvironment(options);
      await environment.invoke((db) => db.sync());
      onTestFinished(async () => {
        await environment.invoke((db) => db.drop());
      });
      return environment;
    }

    test("models share one warm connection", async () => {
      const { proxy, invoke } = await createFilledEnvironment();
      for (const name of ["Ada", "Grace"]) await invoke((db) => db.models.Customer.create({ name }));
      expect(await invoke((db) => db.models.Customer.count())).toBe(2);
      expect(proxy.metrics()).toMatchObject({ ClientConnectionsReceived: 1, TokensVerified: 1 });
    });

    test("a warm invocation without others takes its connection out of Sequelize's pool once for each statement", async () => {
      let taken = 0;
      const afterPoolAcquire = () => void taken++;
      const { invoke } = await createEnvironment({}, { hooks: { afterPoolAcquire } });
      await invoke(async () => undefined);
      taken = 0;
      for (let i = 0; i < 3; i++) await invoke((db) => db.authenticate());
      expect(taken).toBe(3);
    });

    test("a kept connection that `pool.validate` refuses is replaced before the handler runs", async () => {
      let isRefused = false;
      const validate = () => !isRefused;
      const { proxy, invoke } = await createEnvironment({}, { pool: { validate } });
      await invoke((db) => db.authenticate());
      isRefused = true;
      await invoke(async () => {
        isRefused = false;
        expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
      });
    });

    test("invocations that start while the only connection is validated share the validation", async () => {
      const { proxy, invoke } = await createEnvironment({ validateAfterIdleMs: 0 });
      await invoke((db) => db.authenticate());
      const seen: string[] = [];
      for (const name of ["validate", "discard"] as const) {
        onTestFinished(
          onRdsProxyEvent(name, ({ port }) => {
            if (port === proxy.port) seen.push(name);
          }),
        );
      }
      await Promise.all(Array.from({ length: 5 }, () => invoke((db) => db.authenticate())));
      expect(seen).toEqual(["validate"]);
      expect(proxy.metrics().ClientConnectionsReceived).toBe(1);
    });

    test("invocations that start while the only connection is found dead share a new one", async () => {
      const { proxy, invoke } = await createEnvironment({ validateAfterIdleMs: 0 });
      await invoke((db) => db.authenticate());
      proxy.faults.silenceConnections();
      await Promise.all(Array.from({ length: 5 }, () => invoke((db) => db.authenticate())));
      expect(proxy.metrics().ClientConnectionsReceived).toBe(2);
    });

    test("a transaction left open ends with its invocation, and fails when it is used later", async () => {
      const { invoke } = await createFilledEnvironment();
      const leftOpen = await invoke(async (db) => {
        const transaction = await db.transaction();
        await db.models.Customer.create({ name: "Ada" }, { transaction });
        return transaction;
      });
      expect(await invoke((db) => db.models.Customer.count())).toBe(0);
      const late: unknown = await leftOpen.commit().catch((thrown: unknown) => thrown);
      expect(late).toMatchObject({ original: { code: "RDS_PROXY_LEASE_ENDED" } });
      expect(await invoke((db) => db.models.Customer.count())).toBe(0);
    });

    test("after a raw BEGIN whose connection is lost, no later statement of its invocation is committed by itself", async () => {
      const { proxy, invoke } = await createFilledEnvironment();
      const table = await invoke(async (db) => db.models.Customer.tableName);
      const insert = (db: Db, name: string) => db.query(`insert into ${table} (name) values ('${name}')`);
      await invoke(async (db) => {
        await db.query("begin");
        await insert(db, "Ada");
        proxy.faults.killConnections("fin");
        await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
        for (const name of ["Grace", "Edsger"]) {
          const error: unknown = await insert(db, name).catch((thrown: unknown) => thrown);
          expect(error).toBeInstanceOf(ConnectionError);
          expect(error).toMatchObject({ parent: { code: "ECONNRESET" } });
        }
        await expect(db.query("commit")).rejects.toThrow("lost between two statements");
      });
      await invoke((db) => insert(db, "Barbara"));
      const names = await invoke(async (db) => (await db.models.Customer.findAll()).map(({ name }) => name));
      expect(names).toEqual(["Barbara"]);
    });

    test("after a raw BEGIN and its ROLLBACK, a lost connection is replaced within the invocation", async () => {
      const { proxy, invoke } = await createFilledEnvironment();
      const count = await invoke(async (db) => {
        await db.query("begin");
        await db.query("rollback");
        proxy.faults.killConnections("fin");
        await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
        return db.models.Customer.count();
      });
      expect(count).toBe(0);
    });

    test("a transaction left open by one of several invocations ends when the concurrent ones have ended", async () => {
      const { proxy, invoke } = await createFilledEnvironment({ maxConnections: 2 });
      const beside = Promise.withResolvers<void>();
      const isBeside = Promise.withResolvers<void>();
      const other = invoke(async (db) => {
        isBeside.resolve();
        await beside.promise;
        await db.models.Customer.create({ name: "Grace" });
      });
      await isBeside.promise;
      await invoke(async (db) => {
        const transaction = await db.transaction();
        await db.models.Customer.create({ name: "Ada" }, { transaction });
      });
      expect(proxy.metrics().DatabaseConnectionsCurrentlyInTransaction).toBe(1);
      beside.resolve();
      await other;
      await expect.poll(() => proxy.metrics().DatabaseConnectionsCurrentlyInTransaction).toBe(0);
      const names = await invoke(async (db) => (await db.models.Customer.findAll()).map(({ name }) => name));
      expect(names).toEqual(["Grace"]);
    });

    test("a model that is used after its invocation fails with RDS_PROXY_LEASE_ENDED, and sends nothing", async () => {
      const { proxy, invoke } = await createFilledEnvironment();
      const kept = await invoke(async (db) => db.models.Customer);
      const before = proxy.messages().length;
      await expect(kept.create({ name: "late" })).rejects.toMatchObject({ code: "RDS_PROXY_LEASE_ENDED" });
      expect(proxy.messages()).toHaveLength(before);
    });

    test("a statement that waits for the connection of its own transaction fails before Lambda's timeout", async () => {
      const { middleware } = await createFilledEnvironment();
      const handler = middy()
        .use(middleware)
        .handler(async (_event: unknown, { db }) =>
          db.transaction(async () => db.models.Customer.count()).catch((thrown: unknown) => thrown),
        );
      const error: unknown = await handler({}, lambdaContext(3000));
      expect(error).toBeInstanceOf(ConnectionAcquireTimeoutError);
      expect(error).toMatchObject({ cause: { code: "RDS_PROXY_NO_FREE_CONNECTION" } });
    });

    test("a transaction's isolation level reaches the server", async () => {
      const { invoke } = await createFilledEnvironment();
      await invoke(async (db) => {
        const options = { isolationLevel: Transaction.ISOLATION_LEVELS.SERIALIZABLE };
        await db.transaction(options, (transaction) => db.models.Customer.count({ transaction }));
      });
    });

    test("a refused connect before the handler fails with RdsProxyError, as with every adapter", async () => {
      const { proxy, invoke } = await createFilledEnvironment();
      proxy.faults.killConnections("fin");
      await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
      proxy.faults.failConnects("refused", { times: 2 });
      await expect(invoke(async () => undefined)).rejects.toMatchObject({
        name: "RdsProxyError",
        code: "RDS_PROXY_AUTHENTICATION_FAILED",
      });
    });

    test("a connect that fails in a handler rejects with Sequelize's error, with ours as its cause", async () => {
      const { proxy, invoke } = await createFilledEnvironment();
      const error: unknown = await invoke(async (db) => {
        proxy.faults.killConnections("fin");
        await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
        proxy.faults.failConnects("refused", { times: 2 });
        await db.models.Customer.count();
      }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ cause: { code: "RDS_PROXY_AUTHENTICATION_FAILED" } });
    });

    test("close() ends an open transaction without waiting for it", async () => {
      const { proxy, middleware, invoke } = await createEnvironment();
      await invoke(async (db) => {
        await db.transaction();
        await middleware.close();
      });
      await expect.poll(() => proxy.metrics().ClientConnections).toBe(0);
    });
  });
});

function sleep(dialect: "postgres" | "mysql", seconds: number): string {
  return dialect === "postgres" ? `select pg_sleep(${seconds})` : `select sleep(${seconds})`;
}
