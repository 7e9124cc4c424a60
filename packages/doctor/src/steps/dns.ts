import type { LookupAddress } from "node:dns";
import { BlockList, isIP } from "node:net";
import { type Deadline, type Endpoint, within } from "@rds-proxy/core/adapter";
import { lookUp } from "@rds-proxy/core/diagnosis";
import { addressCauses } from "../causes/address-causes.js";
import { codeOf, messageOf } from "../error-text.js";
import { type Finding, failed } from "../finding.js";

/** Resolves a name to all of its addresses. */
export type Lookup = (host: string) => Promise<LookupAddress[]>;

/** Resolves it as the library does. */
const libraryLookup: Lookup = (host) =>
  new Promise((resolve, reject) => {
    lookUp(host, { all: true }, (error, addresses) => {
      if (error) reject(error);
      else resolve(typeof addresses === "string" ? [] : addresses);
    });
  });

/** Resolves the host's name. */
export async function findAddresses(
  endpoint: Endpoint,
  deadline: Deadline,
  lookup: Lookup = libraryLookup,
): Promise<Finding<undefined>> {
  const { host, kind } = endpoint;
  if (isIP(host)) {
    return {
      outcome: "ok",
      facts: [{ name: "address", value: `${host} (${scopeOf(host)}), not a name` }],
      result: undefined,
    };
  }
  let addresses: string[];
  try {
    const found = await within(lookup(host), deadline, lookupTimeout);
    addresses = found.map(({ address }) => address);
  } catch (error) {
    return failed(`${host} has no address: ${messageOf(error)}.`, addressCauses(endpoint, codeOf(error)));
  }
  const facts = addresses.map((address) => ({ name: "address", value: `${address} (${scopeOf(address)})` }));
  if (kind === "proxy" && addresses.some((address) => scopeOf(address) === "public")) {
    return {
      outcome: "warning",
      problem: "The name of the proxy resolves to a public address, but a proxy has private ones only.",
      facts,
      causes: [
        {
          cause: "A private hosted zone, a hosts file or a DNS server of your own answers for this name.",
          remedy: `Compare with the address that the VPC's own resolver gives: dig ${host} @169.254.169.253`,
        },
      ],
      result: undefined,
    };
  }
  return { outcome: "ok", facts, result: undefined };
}

function lookupTimeout(): Error {
  return Object.assign(new Error("the name server did not answer in time"), { code: "ETIMEOUT" });
}

// https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
const PRIVATE_RANGES = [
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["fc00::", 7, "ipv6"],
  ["fe80::", 10, "ipv6"],
] as const;

const privateAddresses = new BlockList();
for (const [network, prefix, family] of PRIVATE_RANGES) privateAddresses.addSubnet(network, prefix, family);

function scopeOf(address: string): "loopback" | "private" | "public" {
  if (address === "::1" || address.startsWith("127.")) return "loopback";
  return privateAddresses.check(address, isIP(address) === 6 ? "ipv6" : "ipv4") ? "private" : "public";
}
