import { resolveOptions } from "@rds-proxy/core/adapter";
import { expect, test } from "vitest";
import { refusePinning } from "./refuse-pinning.js";

const at = (host: string) => resolveOptions({ host, user: "app" }, "postgres");
const proxy = at("shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com");
const instance = at("db-1.abcdefghijkl.eu-west-1.rds.amazonaws.com");
const option = (name: string, isGiven: boolean) => ({ name, isGiven, remedy: `Leave ${name} out.` });

test("the first option that would pin is refused, with its remedy", () => {
  expect(() => refusePinning(proxy, [option("a", false), option("b", true), option("c", true)])).toThrow(
    expect.objectContaining({
      code: "RDS_PROXY_INVALID_OPTION",
      message:
        "b: not an option here, since RDS Proxy would pin every connection to one of the database's. Leave b out.",
    }),
  );
  expect(() => refusePinning(proxy, [option("a", false)])).not.toThrow();
});

test("nothing can pin without a proxy", () => {
  expect(() => refusePinning(instance, [option("a", true)])).not.toThrow();
});
