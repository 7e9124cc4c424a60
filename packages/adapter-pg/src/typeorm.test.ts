import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import type { PgPoolOptions } from "./pool.js";
import { typeormDriver } from "./typeorm.js";

const signer = { getAuthToken: async () => "token" };

/** The pool that TypeORM creates, and the endpoint of its clients. */
function create(options: PgPoolOptions, typeormOptions?: object) {
  const { Pool } = typeormDriver({ signer, ...options });
  const pool: pg.Pool = Reflect.construct(Pool, [typeormOptions]);
  onTestFinished(() => pool.end());
  const { max, Client } = Object(pool).options;
  const { user, host, database } = new Client();
  return { pool, max, user, host, database };
}

describe("TypeORM's driver", () => {
  it("creates a pg.Pool by the options of the DataSource", () => {
    const asked = { host: "db.example", user: "orders", database: "shop", max: 3, port: undefined };
    const { pool, ...rest } = create({}, asked);
    expect(pool).toBeInstanceOf(pg.Pool);
    expect(rest).toEqual({ host: "db.example", user: "orders", database: "shop", max: 3 });
  });

  it("prefers its own options, if they have a value", () => {
    const own = { host: "db.example", maxConnections: 5, user: undefined };
    const asked = { host: "other.example", max: 3, user: "orders" };
    expect(create(own, asked)).toMatchObject({ host: "db.example", max: 5, user: "orders" });
  });

  it("needs no options of the DataSource", () => {
    expect(create({ host: "db.example", user: "app" }, undefined)).toMatchObject({ user: "app", max: 1 });
    expect(create({ host: "db.example", user: "app" }, { max: undefined })).toMatchObject({ max: 1 });
  });

  it("refuses an URL, which may have a password", () => {
    expect(() => create({}, { connectionString: "postgres://app:secret@db.example/shop" })).toThrow(
      expect.objectContaining({
        code: "RDS_PROXY_INVALID_OPTION",
        message: expect.stringMatching(
          /^url: .*may have a password.* Set `host`, `port`, `username` and `database`/,
        ),
      }),
    );
  });

  it("has node-postgres's defaults, which TypeORM changes", () => {
    expect(typeormDriver().defaults).toBe(pg.defaults);
  });
});
