import { describe, expect, it, onTestFinished } from "vitest";
import type { Mysql2PoolOptions } from "./pool.js";
import { typeormDriver } from "./typeorm.js";

const signer = { getAuthToken: async () => "token" };

/** The size of the pool that TypeORM creates, and the endpoint of its connections. */
function create(options: Mysql2PoolOptions, typeormOptions?: object) {
  const pool = typeormDriver({ signer, ...options }).createPool(typeormOptions);
  onTestFinished(() => void pool.end(() => undefined));
  const { connectionLimit, connectionConfig } = Object(pool).config;
  const { host, user, database } = connectionConfig;
  return { connectionLimit, host, user, database };
}

describe("TypeORM's driver", () => {
  it("creates a pool by the options of the DataSource", () => {
    const asked = {
      host: "db.example",
      user: "orders",
      database: "shop",
      connectionLimit: 3,
      port: undefined,
    };
    expect(create({}, asked)).toEqual({
      host: "db.example",
      user: "orders",
      database: "shop",
      connectionLimit: 3,
    });
  });

  it("prefers its own options, if they have a value", () => {
    const own = { host: "db.example", maxConnections: 5, user: undefined };
    const asked = { host: "other.example", connectionLimit: 3, user: "orders" };
    expect(create(own, asked)).toMatchObject({ host: "db.example", connectionLimit: 5, user: "orders" });
  });

  it("needs no options of the DataSource", () => {
    const own = { host: "db.example", user: "app" };
    expect(create(own, undefined)).toMatchObject({ user: "app", connectionLimit: 1 });
    expect(create(own, { connectionLimit: undefined })).toMatchObject({ connectionLimit: 1 });
  });

  it("refuses a cluster of pools, which TypeORM asks for with `replication`", () => {
    expect(() => typeormDriver().createPoolCluster()).toThrow(
      expect.objectContaining({
        code: "RDS_PROXY_UNSUPPORTED",
        message: expect.stringMatching(
          /^replication: not supported.* Create a DataSource for the reader's endpoint/,
        ),
      }),
    );
  });
});
