import dns, { ADDRCONFIG, type LookupOptions } from "node:dns";
import fs from "node:fs";
import os, { type NetworkInterfaceInfo } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  lookUpWithoutThreads,
  type ResolverSystem,
  resolveWithoutThreads,
} from "./resolve-without-threads.js";

const V4 = { address: "10.0.0.7", family: 4 };
const V6 = { address: "fd00::7", family: 6 };

interface Zone {
  readonly [name: string]: { readonly v4?: string[]; readonly v6?: string[]; readonly code?: string };
}

/** A machine with one IPv4 address, whose name server knows the zone. */
function machine(
  zone: Zone,
  given: Partial<ResolverSystem> = {},
): { system: ResolverSystem; asked: string[] } {
  const asked: string[] = [];
  const answer = async (name: string, addresses: string[] | undefined): Promise<string[]> => {
    asked.push(name);
    if (addresses) return addresses;
    const code = zone[name]?.code ?? (zone[name] ? "ENODATA" : "ENOTFOUND");
    throw Object.assign(new Error(`query ${code} ${name}`), { code });
  };
  const resolve4 = (name: string) => answer(name, zone[name]?.v4);
  const resolve6 = (name: string) => answer(name, zone[name]?.v6);
  const system = {
    hosts: "",
    resolvConf: "",
    families: new Set([4]),
    // Its overloads return more than addresses.
    resolver: { resolve4, resolve6 } as ResolverSystem["resolver"],
    ...given,
  };
  return { system, asked };
}

describe("a name", () => {
  const zone = { "db.example.com": { v4: [V4.address], v6: [V6.address] } };

  it("has the addresses of both families, IPv4 first where the machine has no IPv6", async () => {
    const { system } = machine(zone);
    expect(await resolveWithoutThreads("db.example.com", { order: "verbatim" }, system)).toEqual([V4, V6]);
  });

  it("has IPv6 first where the machine has it, unless the order says otherwise", async () => {
    const { system } = machine(zone, { families: new Set([4, 6]) });
    const resolve = (order: "verbatim" | "ipv4first" | "ipv6first") =>
      resolveWithoutThreads("db.example.com", { order }, system);
    expect(await resolve("verbatim")).toEqual([V6, V4]);
    expect(await resolve("ipv4first")).toEqual([V4, V6]);
    expect(await resolve("ipv6first")).toEqual([V6, V4]);
  });

  it.each([
    [{ family: 4 }, [V4]],
    [{ family: 6 }, [V6]],
    [{ family: "IPv4" } as const, [V4]],
    [{ family: "IPv6" } as const, [V6]],
    [{ family: 0 }, [V4, V6]],
    [{ family: undefined }, [V4, V6]],
    [{ hints: ADDRCONFIG }, [V4]],
    [{ hints: ADDRCONFIG, family: 6 }, [V6]],
  ])("has those of the families that %o asks for", async (options, expected) => {
    const { system } = machine(zone);
    expect(await resolveWithoutThreads("db.example.com", options, system)).toEqual(expected);
  });

  it("has those of both families for a machine with no address but loopback ones", async () => {
    const { system } = machine(zone, { families: new Set() });
    const options = { hints: ADDRCONFIG, order: "verbatim" } as const;
    expect(await resolveWithoutThreads("db.example.com", options, system)).toEqual([V4, V6]);
  });

  it("has the order that Node has by default", async () => {
    const before = dns.getDefaultResultOrder();
    const { system } = machine(zone);
    try {
      dns.setDefaultResultOrder("ipv6first");
      expect(await resolveWithoutThreads("db.example.com", {}, system)).toEqual([V6, V4]);
      dns.setDefaultResultOrder("ipv4first");
      expect(await resolveWithoutThreads("db.example.com", {}, system)).toEqual([V4, V6]);
    } finally {
      dns.setDefaultResultOrder(before);
    }
  });

  it("has the addresses of a family in the name server's order", async () => {
    const several = { "db.example.com": { v4: ["10.0.0.9", "10.0.0.8"], v6: [V6.address] } };
    const { system } = machine(several);
    const found = await resolveWithoutThreads("db.example.com", { order: "ipv6first" }, system);
    expect(found.map(({ address }) => address)).toEqual([V6.address, "10.0.0.9", "10.0.0.8"]);
  });

  it("of one family is found if the other has no address", async () => {
    const { system } = machine({ "db.example.com": { v4: [V4.address] } });
    expect(await resolveWithoutThreads("db.example.com", {}, system)).toEqual([V4]);
  });

  it("that does not exist fails with the name server's error", async () => {
    const { system } = machine({});
    await expect(resolveWithoutThreads("db.example.com", {}, system)).rejects.toMatchObject({
      code: "ENOTFOUND",
    });
  });

  it("is found where it was pointed since the last time", async () => {
    const moving: Record<string, { v4: string[] }> = { "db.example.com": { v4: ["10.0.0.1"] } };
    const { system } = machine(moving);
    await resolveWithoutThreads("db.example.com", {}, system);
    moving["db.example.com"] = { v4: ["10.0.0.2"] };
    expect(await resolveWithoutThreads("db.example.com", {}, system)).toEqual([
      { address: "10.0.0.2", family: 4 },
    ]);
  });
});

describe("the hosts file", () => {
  const hosts = "# comment\n127.0.0.1 localhost\n10.0.0.7\tdb.internal DB  # the database\nfd00::7 db\n";

  it("comes before the name server, and may have several lines and aliases for a name", async () => {
    const { system, asked } = machine({ db: { v4: ["10.9.9.9"] } }, { hosts });
    expect(await resolveWithoutThreads("Db", { order: "verbatim" }, system)).toEqual([V4, V6]);
    expect(asked).toEqual([]);
  });

  it.each(["db", "db.", "DB.internal", "moved"])("has %s", async (host) => {
    const { system } = machine({}, { hosts: `${hosts}  10.0.0.7 moved\n` });
    expect(await resolveWithoutThreads(host, { family: 4 }, system)).toEqual([V4]);
  });

  it.each(["database", "10.0.0.7", "d"])("does not have %s, which is no name in it", async (host) => {
    const { system, asked } = machine({ [host]: { v4: ["10.9.9.9"] } }, { hosts });
    expect(await resolveWithoutThreads(host, { family: 4 }, system)).toEqual([
      { address: "10.9.9.9", family: 4 },
    ]);
    expect(asked).toEqual([host]);
  });

  it("without an address of the family leaves it to the name server", async () => {
    const { system } = machine({ "db.internal": { v6: [V6.address] } }, { hosts });
    expect(await resolveWithoutThreads("db.internal", { family: 6 }, system)).toEqual([V6]);
  });

  it.each(["localhost", "LOCALHOST.", "db.localhost"])("does not need to name %s", async (host) => {
    const { system } = machine({});
    expect(await resolveWithoutThreads(host, { order: "verbatim" }, system)).toEqual([
      { address: "127.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ]);
  });

  it("may give localhost another address", async () => {
    const { system } = machine({}, { hosts: "127.0.0.2 localhost" });
    expect(await resolveWithoutThreads("localhost", {}, system)).toEqual([
      { address: "127.0.0.2", family: 4 },
    ]);
  });

  it.each(["dblocalhost", "localhost.example"])("has nothing of %s", async (host) => {
    const { system } = machine({ [host]: { v4: [V4.address] } });
    expect(await resolveWithoutThreads(host, {}, system)).toEqual([V4]);
  });
});

describe("the search list", () => {
  const resolvConf = "nameserver 10.0.0.2\nsearch a.internal b.internal\noptions ndots:2\n";

  it.each([
    ["db", {}, ["db.a.internal", "db.b.internal", "db"]],
    ["db.example", {}, ["db.example.a.internal", "db.example.b.internal", "db.example"]],
    ["db.example.com", {}, ["db.example.com", "db.example.com.a.internal", "db.example.com.b.internal"]],
    ["db.example.com.", {}, ["db.example.com."]],
    [
      "db.example",
      { RES_OPTIONS: "ndots:1" },
      ["db.example", "db.example.a.internal", "db.example.b.internal"],
    ],
    ["db", { LOCALDOMAIN: "c.internal" }, ["db.c.internal", "db"]],
    ["db", { LOCALDOMAIN: "" }, ["db"]],
    ["db", { RES_OPTIONS: "rotate ndots:0" }, ["db", "db.a.internal", "db.b.internal"]],
    ["db.example", { RES_OPTIONS: "ndots:2 ndots:1", LOCALDOMAIN: "c" }, ["db.example", "db.example.c"]],
    ["a.b.c", { RES_OPTIONS: "ndots:10", LOCALDOMAIN: "d" }, ["a.b.c.d", "a.b.c"]],
    ["a.b.c", { RES_OPTIONS: "xndots:10", LOCALDOMAIN: "d" }, ["a.b.c", "a.b.c.d"]],
    ["db", { resolvConf: "" }, ["db"]],
    ["db", { resolvConf: "domain a.internal" }, ["db.a.internal", "db"]],
    ["db", { resolvConf: " \tsearch  \ta.internal\t b.internal " }, ["db.a.internal", "db.b.internal", "db"]],
    ["db", { resolvConf: "domain a.internal\nsearch b.internal\n" }, ["db.b.internal", "db"]],
    ["db", { resolvConf: "search . a.internal" }, ["db.a.internal", "db"]],
    ["db", { resolvConf: "# search a.internal\nresearch b.internal\nsearching c" }, ["db"]],
    ["db", { resolvConf: "search a\n  options  rotate ndots:0" }, ["db", "db.a"]],
    ["db", { resolvConf: "search a\n#options ndots:0\noptions_ ndots:0" }, ["db.a", "db"]],
    ["db.example", { resolvConf: "search a" }, ["db.example", "db.example.a"]],
  ])("is applied to %s with %o as the system's resolver does", async (host, given, expected) => {
    const { system, asked } = machine({}, { resolvConf, ...given });
    await expect(resolveWithoutThreads(host, { family: 4 }, system)).rejects.toThrow();
    expect(asked).toEqual(expected);
  });

  it("is not tried further when the name server fails", async () => {
    const { system, asked } = machine({ "db.a.internal": { code: "ETIMEOUT" } }, { resolvConf });
    await expect(resolveWithoutThreads("db", { family: 4 }, system)).rejects.toMatchObject({
      code: "ETIMEOUT",
    });
    expect(asked).toEqual(["db.a.internal"]);
  });

  it("is tried further when a name has addresses of another family alone", async () => {
    const zone = { "db.a.internal": { v6: [V6.address] }, "db.b.internal": { v4: [V4.address] } };
    const { system, asked } = machine(zone, { resolvConf });
    expect(await resolveWithoutThreads("db", { family: 4 }, system)).toEqual([V4]);
    expect(asked).toEqual(["db.a.internal", "db.b.internal"]);
  });

  it("is not tried further when the name server fails for one family", async () => {
    const { system } = machine({}, { resolvConf });
    const resolver = {
      ...system.resolver,
      resolve6: async () => {
        throw Object.assign(new Error("queryAaaa ESERVFAIL"), { code: "ESERVFAIL" });
      },
    };
    await expect(resolveWithoutThreads("db", {}, { ...system, resolver })).rejects.toMatchObject({
      code: "ESERVFAIL",
    });
  });

  it("ends with the first name's error, and before that with the first name that exists", async () => {
    const zone = { "db.b.internal": { v4: [V4.address] }, db: { v4: ["10.9.9.9"] } };
    const { system, asked } = machine(zone, { resolvConf });
    expect(await resolveWithoutThreads("db", { family: 4 }, system)).toEqual([V4]);
    expect(asked).toEqual(["db.a.internal", "db.b.internal"]);
    await expect(resolveWithoutThreads("shop", {}, system)).rejects.toThrow(
      "query ENOTFOUND shop.a.internal",
    );
  });
});

describe("this machine", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  const LOOPBACK4 = { address: "127.0.0.1", family: 4 };
  const LOOPBACK6 = { address: "::1", family: 6 };

  /** Replaces the two files that name resolution reads; one that is undefined does not exist. */
  function replaceFiles(files: Readonly<Record<string, string>>): void {
    const { readFileSync } = fs;
    vi.spyOn(fs, "readFileSync").mockImplementation((path, options?: unknown) => {
      if (path !== "/etc/hosts" && path !== "/etc/resolv.conf") return readFileSync(path, options as "utf8");
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
      return options === "utf8" ? text : Buffer.from(text);
    });
  }

  function replaceAddresses(
    ...addresses: Pick<NetworkInterfaceInfo, "address" | "family" | "internal">[]
  ): void {
    const rest = { netmask: "", mac: "00:00:00:00:00:00", cidr: null, scopeid: 0 };
    const infos = addresses.map((address): NetworkInterfaceInfo => Object.assign({ ...rest }, address));
    vi.spyOn(os, "networkInterfaces").mockReturnValue({ none: undefined, eth0: infos });
  }

  const LO = { address: "127.0.0.1", family: "IPv4", internal: true } as const;
  const LO6 = { address: "::1", family: "IPv6", internal: true } as const;
  const LINK_LOCAL = { address: "fe80::7", family: "IPv6", internal: false } as const;
  const ETH = { address: "10.0.0.9", family: "IPv4", internal: false } as const;
  const ETH6 = { address: "fd00::9", family: "IPv6", internal: false } as const;

  it("is read for each name: its files, its variables, its name servers", async () => {
    const resolve4 = vi
      .spyOn(dns.promises.Resolver.prototype, "resolve4")
      .mockImplementation(vi.fn().mockResolvedValue(["10.0.0.8"]));
    replaceFiles({ "/etc/hosts": "10.0.0.7 db", "/etc/resolv.conf": "search a.internal\n" });
    expect(await lookUpWithoutThreads("db", { family: 4 })).toEqual([null, V4.address, 4]);
    expect(await lookUpWithoutThreads("shop", { family: 4 })).toEqual([null, "10.0.0.8", 4]);
    vi.stubEnv("LOCALDOMAIN", "b.internal");
    await lookUpWithoutThreads("shop", { family: 4 });
    vi.stubEnv("RES_OPTIONS", "ndots:0");
    await lookUpWithoutThreads("shop", { family: 4 });
    expect(resolve4.mock.calls).toEqual([["shop.a.internal"], ["shop.b.internal"], ["shop"]]);
  });

  it("needs neither file", async () => {
    replaceFiles({});
    expect(await lookUpWithoutThreads("localhost", { family: 4 })).toEqual([null, "127.0.0.1", 4]);
  });

  it.each([
    ["both families", [LO, LO6, ETH, ETH6], [LOOPBACK6]],
    ["IPv4 alone", [LO, LO6, ETH], [LOOPBACK4]],
    ["IPv4, and an IPv6 address for its link alone", [LO, LO6, LINK_LOCAL, ETH], [LOOPBACK4]],
    ["IPv6 alone", [LO, LO6, ETH6], [LOOPBACK6]],
  ])("with an address of %s has the addresses in that order", async (_, addresses, [first]) => {
    replaceFiles({});
    replaceAddresses(...addresses);
    const found = await lookUpWithoutThreads("db.localhost", { all: true, order: "verbatim" });
    const second = first === LOOPBACK4 ? LOOPBACK6 : LOOPBACK4;
    expect(found).toEqual([null, [first, second]]);
    expect(await lookUpWithoutThreads("db.localhost", { order: "verbatim" })).toEqual([
      null,
      first?.address,
      first?.family,
    ]);
  });

  it.each<[families: string, addresses: (typeof ETH | typeof ETH6)[], expected: object[]]>([
    ["IPv4", [ETH], [LOOPBACK4]],
    ["IPv6", [ETH6], [LOOPBACK6]],
  ])("with an address of %s alone uses no other with ADDRCONFIG", async (_, addresses, expected) => {
    replaceFiles({});
    replaceAddresses(...addresses);
    const options: LookupOptions = { all: true, hints: ADDRCONFIG };
    expect(await lookUpWithoutThreads("db.localhost", options)).toEqual([null, expected]);
  });
});
