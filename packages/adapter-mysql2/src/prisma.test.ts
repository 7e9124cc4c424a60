import type { Pool } from "mysql2/promise";
import { expect, it } from "vitest";
import { prismaAdapter } from "./prisma.js";

it("refuses a PrismaMariaDb that takes the pool for options", () => {
  const pool: Partial<Pool> = {};
  class OptionsOnly {
    readonly options: object;
    constructor(options: object) {
      this.options = { ...options };
    }
  }
  expect(() => prismaAdapter(OptionsOnly, pool as Pool)).toThrow(
    expect.objectContaining({ code: "RDS_PROXY_UNSUPPORTED", message: expect.stringContaining("7.10.0") }),
  );
});
