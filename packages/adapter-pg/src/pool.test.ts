import { expect, it, vi } from "vitest";
import { connectionOptions } from "./pool.js";

it("connectionOptions() has a token of its own for each login, however often the server asks in it", async () => {
  let signed = 0;
  const getAuthToken = vi.fn(async () => `token ${++signed}`);
  const { password } = connectionOptions({ host: "db.example", user: "app", signer: { getAuthToken } });
  const sign = password as (login: object) => Promise<string>;
  const [one, other] = [{}, {}];
  expect([await sign(one), await sign(one), await sign(other)]).toEqual(["token 1", "token 1", "token 2"]);
  expect(getAuthToken).toHaveBeenCalledTimes(2);
});
