import {
  DataTypes,
  literal,
  type Model,
  Op,
  QueryTypes,
  type Sequelize,
  Transaction,
  UniqueConstraintError,
} from "sequelize";
import type { Program } from "../compare.js";
import type { SequelizeProgramOptions } from "../sides/sequelize.js";

type SequelizeProgram = Program<Sequelize, SequelizeProgramOptions>;

const ODD_TEXT = 'what\'s "this"? a \\ and a ? in `it`\n-- no comment $1 :x é 日本 \u{1f600} %';

const id = { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true } as const;

/** Owners and pets. The statements are the same on both sides; only the way of sending values differs. */
function defineShop(db: Sequelize) {
  const Owner = db.define(
    "owner",
    { id, name: { type: DataTypes.STRING, unique: true, allowNull: false }, age: DataTypes.INTEGER },
    { timestamps: false, charset: "utf8mb4" },
  );
  const Pet = db.define(
    "pet",
    {
      id,
      name: { type: DataTypes.STRING, validate: { len: [2, 40] } },
      species: { type: DataTypes.ENUM("cat", "dog"), defaultValue: "cat" },
    },
    { timestamps: false, charset: "utf8mb4" },
  );
  Owner.hasMany(Pet, { as: "pets", foreignKey: "ownerId" });
  Pet.belongsTo(Owner, { as: "owner", foreignKey: "ownerId" });
  return { Owner, Pet };
}

async function openShop(db: Sequelize) {
  const shop = defineShop(db);
  await db.sync();
  await shop.Owner.bulkCreate([
    { name: "Jennifer", age: 25 },
    { name: ODD_TEXT, age: null },
    { name: "Sylvester", age: 47 },
  ]);
  await shop.Pet.bulkCreate([
    { name: "Catto", ownerId: 1 },
    { name: "Doggo", ownerId: 1, species: "dog" },
    { name: "O'Malley \\", ownerId: 2 },
  ]);
  return shop;
}

const plain = (models: readonly Model[]): unknown[] => models.map((model) => model.get({ plain: true }));

const inShop = (
  name: string,
  run: (
    shop: Awaited<ReturnType<typeof openShop>>,
    ...rest: Parameters<SequelizeProgram["run"]>
  ) => Promise<unknown>,
  options?: SequelizeProgramOptions,
): SequelizeProgram => ({
  name,
  options,
  messages: "not at all",
  run: async (db, tools) => run(await openShop(db), db, tools),
});

/** An attribute's type, and values to write and read back. */
const TYPES: readonly (readonly [string, (postgres: boolean) => object, readonly unknown[]])[] = [
  ["INTEGER", () => DataTypes.INTEGER, [0, -1, 2_147_483_647, null]],
  ["BIGINT", () => DataTypes.BIGINT, [0, "9007199254740993", -1]],
  ["FLOAT", () => DataTypes.FLOAT, [1.5, -2.25]],
  ["DOUBLE", () => DataTypes.DOUBLE, [0.1, 1e100, -7, 2.3333333333333335]],
  ["DECIMAL(20, 5)", () => DataTypes.DECIMAL(20, 5), ["123456789012.34567", 1, "0.5"]],
  ["BOOLEAN", () => DataTypes.BOOLEAN, [true, false, null]],
  ["STRING", () => DataTypes.STRING, ["", "plain", ODD_TEXT, " padded "]],
  ["TEXT", () => DataTypes.TEXT, [ODD_TEXT.repeat(20)]],
  ["CHAR(5)", () => DataTypes.CHAR(5), ["ab"]],
  ["DATE(3)", () => DataTypes.DATE(3), [new Date("2026-03-01T12:34:56.789Z"), new Date(0)]],
  ["DATE(6)", () => DataTypes.DATE(6), [new Date("1999-12-31T23:59:59.999Z")]],
  ["DATEONLY", () => DataTypes.DATEONLY, ["2026-02-28", new Date("2026-03-01T23:00:00Z")]],
  ["TIME", () => DataTypes.TIME, ["12:34:56"]],
  ["UUID", () => DataTypes.UUID, ["b5e9ac1e-4b1c-4f6a-9d7e-0123456789ab"]],
  ["JSON", () => DataTypes.JSON, [{ a: [1, "x'y", null], b: { c: true } }, [1, 2], "text", 5]],
  ["BLOB", () => DataTypes.BLOB, [Buffer.from([0, 39, 92, 63, 255, 10]), Buffer.alloc(0)]],
  ["ENUM", () => DataTypes.ENUM("a", "it's"), ["a", "it's"]],
  ["VIRTUAL", () => DataTypes.VIRTUAL, ["kept"]],
];

const POSTGRES_TYPES: typeof TYPES = [
  ["JSONB", () => DataTypes.JSONB, [{ a: { b: [1, 2] } }]],
  ["ARRAY(INTEGER)", () => DataTypes.ARRAY(DataTypes.INTEGER), [[1, 2, 3], []]],
  ["ARRAY(STRING)", () => DataTypes.ARRAY(DataTypes.STRING), [[ODD_TEXT, 'q"uote', "back\\slash", ""]]],
  ["ARRAY(ENUM)", () => DataTypes.ARRAY(DataTypes.ENUM("x", "y")), [["x", "y"]]],
  ["RANGE(INTEGER)", () => DataTypes.RANGE(DataTypes.INTEGER), [[1, 5]]],
  ["RANGE(DATE)", () => DataTypes.RANGE(DataTypes.DATE), [[new Date(0), new Date(86_400_000)]]],
  ["INET", () => DataTypes.INET, ["192.168.0.1"]],
];

const typeProgram = ([name, type, values]: (typeof TYPES)[number], engine?: string): SequelizeProgram => ({
  name: `values of ${name}`,
  messages: "not at all",
  async run(db, { attempt, server }) {
    const isPostgres = server === "PostgreSQL";
    if (engine !== undefined && engine !== server) return undefined;
    const Thing = db.define(
      "thing",
      { id, value: type(isPostgres) as never },
      { timestamps: false, charset: "utf8mb4" },
    );
    await Thing.sync();
    for (const value of values) {
      await attempt("create", async () => (await Thing.create({ value })).get({ plain: true }));
    }
    await attempt("update", async () => Thing.update({ value: values[0] }, { where: { id: 1 } }));
    if (name !== "VIRTUAL") {
      const select = `select ${isPostgres ? '"value"' : "`value`"} from things order by id`;
      await attempt("raw", () => db.query(select, { type: QueryTypes.SELECT }));
    }
    return plain(await Thing.findAll({ order: ["id"] }));
  },
});

export const sequelizeModelPrograms: readonly SequelizeProgram[] = [
  ...TYPES.map((type) => typeProgram(type)),
  ...POSTGRES_TYPES.map((type) => typeProgram(type, "PostgreSQL")),
  {
    name: "a BIGINT given as text after one given as a number with a fraction",
    messages: "not at all",
    differs: {
      on: "MySQL",
      reason:
        "MySQL takes text for a DOUBLE if the same prepared statement has got a DOUBLE before; a literal is exact",
      docs: "packages/adapter-sequelize/README.md#values-on-mysql",
    },
    async run(db, { attempt }) {
      const Thing = db.define("thing", { id, value: DataTypes.BIGINT }, { timestamps: false });
      await Thing.sync();
      for (const value of [1.5, "9007199254740993"]) await attempt("create", () => Thing.create({ value }));
      return plain(await Thing.findAll({ order: ["id"] }));
    },
  },
  inShop("find with include, order, group and limit", async ({ Owner, Pet }, _db, { record }) => {
    record("include", plain(await Owner.findAll({ include: "pets", order: ["id", ["pets", "id", "ASC"]] })));
    record(
      "required",
      plain(await Pet.findAll({ include: { association: "owner", required: true }, order: ["id"] })),
    );
    record(
      "separate",
      plain(await Owner.findAll({ include: { association: "pets", separate: true }, order: ["id"] })),
    );
    record("count", await Owner.findAndCountAll({ limit: 1, offset: 1, order: ["id"], raw: true }));
    record(
      "group",
      (await Pet.count({ group: ["species"] })).toSorted((a, b) => a.count - b.count),
    );
    record("like", plain(await Owner.findAll({ where: { name: { [Op.like]: "%\\\\%" } } })));
    record("equal", plain(await Owner.findAll({ where: { name: ODD_TEXT } })));
    return [await Owner.sum("age"), await Owner.max("age"), await Owner.min("name")];
  }),
  inShop(
    "create, update, increment, upsert and destroy",
    async ({ Owner, Pet }, _db, { record, attempt }) => {
      const owner = await Owner.create({ name: "New", age: 1 });
      record("created", owner.get({ plain: true }));
      record("updated", (await owner.update({ name: ODD_TEXT.slice(0, 20) })).get({ plain: true }));
      await attempt("increment", () =>
        Owner.increment({ age: 2.5 }, { where: { id: owner.get("id") as number } }),
      );
      record("reloaded", (await owner.reload()).get({ plain: true }));
      await attempt("update of several", () =>
        Owner.update({ age: literal("age + 1") }, { where: { age: { [Op.gt]: 1 } } }),
      );
      await attempt("upsert of a new one", async () =>
        String(await Owner.upsert({ name: "Upserted", age: 5 })),
      );
      await attempt("upsert of an old one", async () =>
        String(await Owner.upsert({ name: "Upserted", age: 6 })),
      );
      await attempt("found", async () =>
        plain([(await Owner.findOrCreate({ where: { name: "Jennifer" } }))[0]]),
      );
      await attempt("made", async () => (await Owner.findOrCreate({ where: { name: "Made" } }))[1]);
      await attempt("bulk, ignored", () =>
        Owner.bulkCreate([{ name: "Made", age: 9 }], { ignoreDuplicates: true }).then(plain),
      );
      await attempt("bulk, updated", () =>
        Owner.bulkCreate([{ name: "Made", age: 9 }], { updateOnDuplicate: ["age"] }).then(
          ({ length }) => length,
        ),
      );
      await attempt("destroyed", () => Pet.destroy({ where: { ownerId: 1 } }));
      await attempt("truncated", () => Pet.truncate());
      return plain(await Owner.findAll({ order: ["id"] }));
    },
  ),
  inShop("errors", async ({ Owner, Pet }, db, { attempt }) => {
    await attempt("unique", () => Owner.create({ name: "Jennifer" }));
    await attempt("caught by class", () =>
      Owner.create({ name: "Jennifer" }).catch((error: unknown) => error instanceof UniqueConstraintError),
    );
    await attempt("not null", () => Owner.create({ age: 1 }));
    await attempt("not null, by the server", () => Owner.create({ age: 1 }, { validate: false }));
    await attempt("validation", () => Pet.create({ name: "x" }));
    await attempt("bulk validation", () => Pet.bulkCreate([{ name: "x" }], { validate: true }));
    await attempt("foreign key", () => Pet.create({ name: "Stray", ownerId: 99 }));
    await attempt("foreign key of a parent", () => db.query("delete from owners where id = 1"));
    await attempt("syntax", () => db.query("selec 1"));
    await attempt("unknown table", () => db.query("select * from nowhere"));
    await attempt("unknown column", () => Owner.findAll({ where: { nothing: 1 } as never }));
    await attempt("empty", () => Owner.findOne({ where: { id: 99 }, rejectOnEmpty: true }));
    await attempt("bind missing", () => db.query("select $1", { bind: [] }));
    await attempt("still usable", () => Owner.count());
  }),
  inShop("transactions", async ({ Owner }, db, { attempt, record }) => {
    await attempt("committed", () =>
      db.transaction(async (transaction) => {
        await Owner.create({ name: "In" }, { transaction });
        return Owner.count({ transaction });
      }),
    );
    await attempt("rolled back", () =>
      db.transaction(async (transaction) => {
        await Owner.create({ name: "Out" }, { transaction });
        throw new Error("no");
      }),
    );
    await attempt("failed inside", () =>
      db.transaction((transaction) => Owner.create({ name: "Jennifer" }, { transaction })),
    );
    await attempt("savepoint", () =>
      db.transaction(async (transaction) => {
        await db
          .transaction({ transaction }, async (inner) => {
            await Owner.create({ name: "Inner" }, { transaction: inner });
            throw new Error("inner");
          })
          .catch(({ message }: Error) => record("inner", message));
        return (await Owner.create({ name: "Outer" }, { transaction })).get("name");
      }),
    );
    await attempt("isolation", () =>
      db.transaction({ isolationLevel: Transaction.ISOLATION_LEVELS.SERIALIZABLE }, (transaction) =>
        Owner.count({ transaction }),
      ),
    );
    await attempt("lock", () =>
      db.transaction(async (transaction) =>
        plain(await Owner.findAll({ where: { id: 1 }, transaction, lock: transaction.LOCK.UPDATE })),
      ),
    );
    const transaction = await db.transaction();
    await Owner.create({ name: "Unmanaged" }, { transaction });
    transaction.afterCommit(() => record("after commit", true));
    await transaction.commit();
    await attempt("committed twice", () => transaction.commit());
    return Owner.count();
  }),
  inShop("hooks run in order, and may change values", async ({ Owner }, db, { record }) => {
    const names = [
      "beforeValidate",
      "afterValidate",
      "beforeCreate",
      "afterCreate",
      "beforeFind",
      "afterFind",
    ] as const;
    for (const name of names) Owner.addHook(name, () => record(name, true));
    Owner.addHook("beforeSave", (model: Model) => void model.set("age", 77));
    db.addHook("beforeQuery", (_options: unknown, query: object) =>
      record("query", typeof Reflect.get(query, "sql")),
    );
    const made = await Owner.create({ name: "Hooked" });
    return [made.get("age"), (await Owner.findAll({ where: { name: "Hooked" } })).length];
  }),
  inShop("raw queries by type", async (_shop, db, { attempt, server }) => {
    const isPostgres = server === "PostgreSQL";
    await attempt("select", () =>
      db.query("select id, name from owners order by id", { type: QueryTypes.SELECT }),
    );
    await attempt("plain", () => db.query("select id from owners order by id", { plain: true }));
    await attempt("nest", () => db.query('select 1 as "a.b"', { nest: true, type: QueryTypes.SELECT }));
    await attempt("raw", () => db.query("select id from owners where id = 1"));
    await attempt("insert", () =>
      db.query("insert into owners (name) values ('raw')", { type: QueryTypes.INSERT }),
    );
    await attempt("update", () =>
      db.query("update owners set age = 1 where id < 3", { type: QueryTypes.UPDATE }),
    );
    await attempt("bulk update", () =>
      db.query("update owners set age = 2", { type: QueryTypes.BULKUPDATE }),
    );
    await attempt("delete", () => db.query("delete from pets where id = 1", { type: QueryTypes.DELETE }));
    await attempt("bind by place", () =>
      db.query(isPostgres ? "select $1::int as n, $2::text as t" : "select $1 as n, $2 as t", {
        bind: [7, ODD_TEXT],
        type: QueryTypes.SELECT,
      }),
    );
    await attempt("bind by name", () =>
      db.query("select id from owners where name = $name", {
        bind: { name: ODD_TEXT },
        type: QueryTypes.SELECT,
      }),
    );
    await attempt("replacements", () =>
      db.query("select id from owners where name in (:names) or age = ?".replace("?", ":age"), {
        replacements: { names: [ODD_TEXT, "Jennifer"], age: 47 },
        type: QueryTypes.SELECT,
      }),
    );
    await attempt("two instances", () =>
      Promise.all([db.query("select 1 as one"), db.query("select 2 as two")]),
    );
  }),
  inShop("the query interface", async (_shop, db, { attempt }) => {
    const queries = db.getQueryInterface();
    await attempt("tables", () => queries.showAllTables());
    await attempt("columns", () => queries.describeTable("pets"));
    await attempt("add a column", () =>
      queries.addColumn("pets", "weight", { type: DataTypes.DOUBLE, defaultValue: 1.5 }),
    );
    await attempt("change it", () => queries.changeColumn("pets", "weight", { type: DataTypes.INTEGER }));
    await attempt("rename it", () => queries.renameColumn("pets", "weight", "mass"));
    await attempt("an index", () => queries.addIndex("pets", ["mass"], { name: "by_mass" }));
    await attempt("indexes", async () => JSON.stringify(await queries.showIndex("pets")));
    await attempt("insert", () => queries.bulkInsert("pets", [{ name: "Bulk", mass: 3 }]));
    await attempt("remove it", () => queries.removeColumn("pets", "mass"));
    await attempt("columns again", () => queries.describeTable("pets"));
    await attempt("a schema", () => queries.createSchema("of_its_own"));
    await attempt("its end", () => queries.dropSchema("of_its_own"));
  }),
  {
    name: "many-to-many, scopes, getters and paranoid models",
    messages: "not at all",
    async run(db, { record }) {
      const User = db.define(
        "user",
        {
          id,
          name: { type: DataTypes.STRING, get: (): string => "masked" },
          deletedAt: DataTypes.DATE,
        },
        { paranoid: true, createdAt: false, updatedAt: false, scopes: { first: { where: { id: 1 } } } },
      );
      const Tag = db.define(
        "tag",
        { id, label: DataTypes.STRING },
        { timestamps: false, charset: "utf8mb4" },
      );
      User.belongsToMany(Tag, { through: "user_tags", timestamps: false });
      Tag.belongsToMany(User, { through: "user_tags", timestamps: false });
      await db.sync();
      const user = await User.create(
        { name: "A", tags: [{ label: "x" }, { label: "it's" }] },
        { include: [Tag] },
      );
      record("created", user.toJSON());
      record(
        "through",
        plain(await User.scope("first").findAll({ include: [Tag], order: [[Tag, "id", "ASC"]] })),
      );
      await user.destroy();
      record("gone", await User.count());
      record("kept", await User.count({ paranoid: false }));
      await user.restore();
      await User.destroy({ where: {}, force: true });
      return User.count({ paranoid: false });
    },
  },
];
