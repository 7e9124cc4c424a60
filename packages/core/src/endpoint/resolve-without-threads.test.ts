import { ADDRCONFIG } from "node:dns";
import { describe, expect, it } from "vitest";
import { type ResolverSystem, resolveWithoutThreads } from "./resolve-without-threads.js";

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
    [{ family: "IPv6" } as const, [V6]],
    [{ hints: ADDRCONFIG }, [V4]],
  ])("has those of the families that %o asks for", async (options, expected) => {
    const { system } = machine(zone);
    expect(await resolveWithoutThreads("db.example.com", options, system)).toEqual(expected);
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

  it("does not need to name localhost", async () => {
    const { system } = machine({});
    expect(await resolveWithoutThreads("localhost", { family: 4 }, system)).toEqual([
      { address: "127.0.0.1", family: 4 },
    ]);
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
});
