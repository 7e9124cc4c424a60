import { DataTypes, literal, Op, QueryTypes, type Sequelize } from "sequelize";
import type { Program } from "../compare.js";
import type { SequelizeProgramOptions } from "../sides/sequelize.js";

/** Sequelize's types lack two options. */
type ZoneOptions = SequelizeProgramOptions & {
  readonly keepDefaultTimezone?: boolean;
  readonly databaseVersion?: string;
};

/** Zones as options of Sequelize; the default first. */
const ZONES: readonly ZoneOptions[] = [
  {},
  { timezone: "+00:00" },
  { timezone: "+09:00" },
  { timezone: "-03:30" },
  { timezone: "+05:45" },
  { timezone: "Asia/Tokyo" },
  { timezone: "America/St_Johns" },
  { timezone: "Etc/UTC" },
  { timezone: "+09:00", keepDefaultTimezone: true },
  { timezone: "Asia/Tokyo", keepDefaultTimezone: false },
];

/** Late in the day in UTC, so it is the next day in the east. */
const EVENING = new Date("2026-03-01T20:34:56.000Z");

const HOUR_MS = 60 * 60_000;

function isNow(value: unknown): boolean {
  return value instanceof Date && Math.abs(value.getTime() - Date.now()) < HOUR_MS / 4;
}

/** Dates through models and raw queries. The statements are the same; the way of setting the zone differs on purpose. */
async function readAndWrite(db: Sequelize, record: (label: string, value: unknown) => void): Promise<void> {
  const isPostgres = db.getDialect() === "postgres";
  await db.query(
    `create table visits (id int primary key, at ${isPostgres ? "timestamptz" : "datetime"},
      stamp timestamp null, plain ${isPostgres ? "timestamp" : "datetime"}, day date,
      created ${isPostgres ? "timestamptz" : "timestamp"} not null default current_timestamp)`,
  );
  const Visit = db.define(
    "visit",
    {
      id: { type: DataTypes.INTEGER, primaryKey: true },
      at: DataTypes.DATE,
      stamp: DataTypes.DATE,
      plain: DataTypes.DATE,
      day: DataTypes.DATEONLY,
      created: DataTypes.DATE,
    },
    { tableName: "visits", timestamps: false },
  );
  await Visit.create(
    { id: 1, at: EVENING, stamp: EVENING, plain: EVENING, day: "2026-03-01" },
    { fields: ["id", "at", "stamp", "plain", "day"], returning: false },
  );
  await db.query("insert into visits (id, at, stamp, plain, day) values (2, :at, :at, :at, :at)", {
    replacements: { at: EVENING },
  });
  await db.query("insert into visits (id, at, stamp, plain, day) values (3, $1, $2, $3, $4)", {
    bind: [EVENING, EVENING, EVENING, EVENING],
  });

  const attributes = { exclude: ["created"] };
  record(
    "models",
    (await Visit.findAll({ attributes, order: ["id"] })).map((visit) => visit.toJSON()),
  );
  record("by date", await Visit.count({ where: { at: EVENING } }));
  record(
    "created",
    (await Visit.findAll({ order: ["id"] })).map((visit) => isNow(visit.get("created"))),
  );
  record(
    "later than an hour ago",
    await Visit.count({ where: { created: { [Op.gt]: new Date(Date.now() - HOUR_MS) } } }),
  );
  const text = isPostgres ? "cast(date(at) as text)" : "cast(date(at) as char)";
  const stamp = isPostgres ? "cast(date(stamp) as text)" : "cast(stamp as char)";
  record(
    "raw",
    await db.query(
      `select id, at, stamp, plain, day, ${text} as of_at, ${stamp} as of_stamp from visits order by id`,
      {
        type: QueryTypes.SELECT,
      },
    ),
  );
  const [now] = await db.query("select current_timestamp as now", { type: QueryTypes.SELECT });
  record("current_timestamp is now", isNow(Object(now).now));

  await Visit.create(
    { id: 4, stamp: new Date(Date.now() + HOUR_MS) },
    { fields: ["id", "stamp"], returning: false },
  );
  await Visit.create(
    { id: 5, stamp: new Date(Date.now() - HOUR_MS) },
    { fields: ["id", "stamp"], returning: false },
  );
  const expires = { [Op.and]: [literal("stamp > now()"), { id: { [Op.in]: [4, 5] } }] };
  record(
    "not expired",
    (await Visit.findAll({ where: expires })).map((visit) => visit.get("id")),
  );
  await db.query("drop table visits");
}

export const sequelizeZonePrograms: readonly Program<Sequelize, ZoneOptions>[] = ZONES.map((options) => ({
  name: `dates with ${JSON.stringify(options)}`,
  // With a version, Sequelize alone also opens one connection only: mysql2 warns about a zone's name at each.
  options: { ...options, databaseVersion: "10.11.0" },
  messages: "not at all",
  async run(db, { record, server }) {
    await readAndWrite(db, record);
    // The default zone is not set on MySQL, since that would need a statement: docs/pinning.md#sequelizes-time-zone.
    if (server !== "PostgreSQL" && options.timezone === undefined) return undefined;
    return db.query(server === "PostgreSQL" ? "show timezone" : "select @@session.time_zone as zone");
  },
}));
