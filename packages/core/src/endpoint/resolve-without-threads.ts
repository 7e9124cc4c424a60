import type { LookupAddress, LookupOptions, promises } from "node:dns";
import type { LookupFunction } from "node:net";
import { builtinModule } from "../loading/builtin-module.js";
import { systemRuntime } from "../runtime.js";

/** What a name is resolved with. Tests pass their own. */
export interface ResolverSystem {
  /** `/etc/hosts`. */
  readonly hosts: string;
  /** `/etc/resolv.conf`. */
  readonly resolvConf: string;
  /** Overrides the search list, as in `man resolv.conf`. */
  readonly LOCALDOMAIN?: string | undefined;
  /** Overrides options, as in `man resolv.conf`. */
  readonly RES_OPTIONS?: string | undefined;
  /** The families of the addresses that this machine has beside its loopback ones. */
  readonly families: ReadonlySet<number>;
  readonly resolver: Pick<promises.Resolver, "resolve4" | "resolve6">;
}

const LOOPBACK: readonly LookupAddress[] = [
  { address: "127.0.0.1", family: 4 },
  { address: "::1", family: 6 },
];

/** Answers of a name server that say that a name, or an address of the family, does not exist. */
const NO_SUCH_NAME: readonly unknown[] = ["ENOTFOUND", "ENODATA"];

/**
 * Resolves a name as `dns.lookup` does, but without libuv's thread pool: by `/etc/hosts`, then by the name servers and the search
 * list of `/etc/resolv.conf`. Nothing is kept, so a name that was pointed elsewhere is found there.
 *
 * @throws the name server's error
 */
export async function resolveWithoutThreads(
  host: string,
  { family, hints = 0, order = builtinModule("node:dns").getDefaultResultOrder() }: LookupOptions,
  system: ResolverSystem = readSystem(),
): Promise<LookupAddress[]> {
  const name = host.toLowerCase().replace(/\.$/, "");
  const wanted = [4, 6].filter((candidate) => !isFamily(family) || candidate === familyOf(family));
  const configured = wanted.filter((candidate) => system.families.has(candidate));
  // As getaddrinfo does, unless the machine has no address but loopback ones.
  const families =
    hints & builtinModule("node:dns").ADDRCONFIG && configured.length > 0 ? configured : wanted;
  const known = knownAddresses(name, system.hosts).filter((address) => families.includes(address.family));
  const addresses = known.length > 0 ? known : await query(candidatesOf(host, system), families, system);
  const isIpv6First = order === "ipv6first" || (order === "verbatim" && system.families.has(6));
  return addresses.toSorted((one, other) => (one.family - other.family) * (isIpv6First ? -1 : 1));
}

/** The arguments of the callback of `dns.lookup`. */
export async function lookUpWithoutThreads(
  host: string,
  options: LookupOptions,
): Promise<Parameters<Parameters<LookupFunction>[2]>> {
  const addresses = await resolveWithoutThreads(host, options);
  const [{ address, family } = { address: "", family: 0 }] = addresses;
  return options.all ? [null, addresses] : [null, address, family];
}

function isFamily(family: LookupOptions["family"]): boolean {
  return family !== undefined && family !== 0;
}

function familyOf(family: LookupOptions["family"]): number {
  return family === "IPv4" ? 4 : family === "IPv6" ? 6 : Number(family);
}

/** Addresses that need no name server. */
function knownAddresses(name: string, hosts: string): readonly LookupAddress[] {
  const found = hosts.split("\n").flatMap((line) => {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (!names.some((candidate) => candidate.toLowerCase() === name)) return [];
    return [{ address, family: address.includes(":") ? 6 : 4 }];
  });
  // https://www.rfc-editor.org/rfc/rfc6761#section-6.3
  return found.length === 0 && /(?:^|\.)localhost$/.test(name) ? LOOPBACK : found;
}

/** The names to ask for, in order: `man resolv.conf`, `search` and `ndots`. */
function candidatesOf(host: string, { resolvConf, LOCALDOMAIN, RES_OPTIONS = "" }: ResolverSystem): string[] {
  if (host.endsWith(".")) return [host];
  const line = (keyword: RegExp): string | undefined =>
    resolvConf
      .split("\n")
      .findLast((candidate) => keyword.test(candidate))
      ?.replace(keyword, "");
  const search = (LOCALDOMAIN ?? line(/^\s*(?:search|domain)\s+/) ?? "").split(/\s+/).filter(Boolean);
  const options = `${line(/^\s*options\s+/) ?? ""} ${RES_OPTIONS}`;
  const ndots = Number([...options.matchAll(/\bndots:(\d+)/g)].at(-1)?.[1] ?? 1);
  const inDomains = search.filter((domain) => domain !== ".").map((domain) => `${host}.${domain}`);
  const dots = host.split(".").length - 1;
  return dots >= ndots ? [host, ...inDomains] : [...inDomains, host];
}

async function query(
  candidates: readonly string[],
  families: readonly number[],
  { resolver }: ResolverSystem,
): Promise<LookupAddress[]> {
  let failure: unknown;
  for (const candidate of candidates) {
    const answers = await Promise.allSettled(
      families.map(async (family) => {
        const addresses =
          family === 4 ? await resolver.resolve4(candidate) : await resolver.resolve6(candidate);
        return addresses.map((address): LookupAddress => ({ address, family }));
      }),
    );
    const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    if (found.length > 0) return found;
    const errors: unknown[] = answers.flatMap((answer) =>
      answer.status === "rejected" ? answer.reason : [],
    );
    failure ??= errors[0];
    const other = errors.find((error) => !NO_SUCH_NAME.includes(Reflect.get(Object(error), "code")));
    if (other) throw other;
  }
  throw failure;
}

/** Read for each name: a function may live for days. A new resolver reads the name servers again, and has no cache. */
function readSystem(): ResolverSystem {
  const { LOCALDOMAIN, RES_OPTIONS } = systemRuntime.env;
  const outside = Object.values(builtinModule("node:os").networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"));
  return {
    hosts: readText("/etc/hosts"),
    resolvConf: readText("/etc/resolv.conf"),
    LOCALDOMAIN,
    RES_OPTIONS,
    families: new Set(outside.map(({ family }) => (family === "IPv6" ? 6 : 4))),
    resolver: new (builtinModule("node:dns").promises.Resolver)(),
  };
}

/** Windows has neither file. */
function readText(file: string): string {
  try {
    return builtinModule("node:fs").readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
