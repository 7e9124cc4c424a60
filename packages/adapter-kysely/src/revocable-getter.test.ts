import { expect, it } from "vitest";
import { createRevocableGetter } from "./revocable-getter.js";

it("the connection can be had until the view is revoked", () => {
  const connection = {};
  const { db, revoke } = createRevocableGetter(connection);
  expect(db()).toBe(connection);
  revoke();
  expect(db).toThrow(expect.objectContaining({ code: "RDS_PROXY_LEASE_ENDED" }));
});
