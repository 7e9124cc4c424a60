import { deadlineIn } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import { describe, expect, test } from "vitest";
import { endpointOf } from "../testing/endpoint.js";
import { findAddresses, type Lookup } from "./dns.js";

const soon = () => deadlineIn(50, systemRuntime.clock);

function resolvesTo(...addresses: string[]): Lookup {
  return async () => addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
}

function fails(code: string): Lookup {
  return async (host) => {
    throw Object.assign(new Error(`getaddrinfo ${code} ${host}`), { code });
  };
}

const proxy = endpointOf({});
const tunnel = endpointOf({ host: "db.internal", region: "eu-west-1" });

describe("the addresses of a host", () => {
  test.each([
    ["10.0.3.7", "private"],
    ["172.31.255.1", "private"],
    ["172.32.0.1", "public"],
    ["192.168.1.1", "private"],
    ["127.0.0.1", "loopback"],
    ["::1", "loopback"],
    ["fd00::1", "private"],
    ["2a05:d018::1", "public"],
  ])("%s is %s", async (address, scope) => {
    const { facts } = await findAddresses(tunnel, soon(), resolvesTo(address));
    expect(facts).toEqual([{ name: "address", value: `${address} (${scope})` }]);
  });

  test("a proxy at a public address is a warning", async () => {
    expect(await findAddresses(proxy, soon(), resolvesTo("10.0.3.7"))).toMatchObject({ outcome: "ok" });
    expect(await findAddresses(proxy, soon(), resolvesTo("10.0.3.7", "52.1.2.3"))).toMatchObject({
      outcome: "warning",
      problem: expect.stringContaining("a proxy has private ones only"),
    });
  });

  test("an IP address is not looked up", async () => {
    const address = endpointOf({ host: "10.0.3.7", region: "eu-west-1" });
    expect(await findAddresses(address, soon(), fails("ENOTFOUND"))).toMatchObject({ outcome: "ok" });
  });
});

describe("a name without an address", () => {
  test("of a proxy is most likely misspelt or deleted", async () => {
    const finding = await findAddresses(proxy, soon(), fails("ENOTFOUND"));
    expect(finding).toMatchObject({
      outcome: "failed",
      causes: [
        {
          cause: expect.stringContaining("No proxy has this endpoint in eu-west-1"),
          example: 'aws rds describe-db-proxies --region eu-west-1 --query "DBProxies[].Endpoint"',
        },
        { example: expect.stringContaining("--enable-dns-support") },
      ],
    });
  });

  test("that is not an RDS name may be in a private hosted zone", async () => {
    const finding = await findAddresses(tunnel, soon(), fails("ENOTFOUND"));
    expect(finding).toMatchObject({
      causes: [{}, { cause: expect.stringContaining("private hosted zone") }, {}],
    });
  });

  test.each(["EAI_AGAIN", "ETIMEOUT"])("is not called misspelt after %s", async (code) => {
    const finding = await findAddresses(proxy, soon(), fails(code));
    expect(finding).toMatchObject({
      outcome: "failed",
      causes: [{ cause: expect.stringContaining("The VPC has no DNS resolution") }],
    });
  });

  test("fails when the name server does not answer", async () => {
    const finding = await findAddresses(proxy, soon(), () => new Promise(() => undefined));
    expect(finding).toMatchObject({
      problem: expect.stringContaining("the name server did not answer in time"),
    });
  });
});
