import pg from "pg";
import { expect, it } from "vitest";
import { RdsProxyClient } from "./client.js";

it("the client extends the very class that the package pg exports, so that what patches or checks it finds it", () => {
  expect(Object.getPrototypeOf(RdsProxyClient)).toBe(pg.Client);
});
