import { hostname, networkInterfaces } from "node:os";

const wildcards: readonly string[] = ["0.0.0.0", "::"];

/** Whether only this machine reaches the address. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** The names of the proxy that follow from the address on which it listens: for other machines, those of this one. */
export function namesOfAddress(listen: string): readonly string[] {
  // A token's host is a name or an IPv4 address.
  if (!wildcards.includes(listen)) return listen.includes(":") ? [] : [listen];
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  return [hostname(), ...addresses.filter(({ family }) => family === "IPv4").map(({ address }) => address)];
}

/** Every `host:port` for which a token may be signed; see `LocalProxyOptions.endpointNames`. */
export function acceptedEndpoints(
  names: readonly string[],
  listeningPort: number,
  defaultPort: number,
): ReadonlySet<string> {
  const named = names.flatMap((name) =>
    name.includes(":") ? [name] : [`${name}:${listeningPort}`, `${name}:${defaultPort}`],
  );
  return new Set([`localhost:${listeningPort}`, `127.0.0.1:${listeningPort}`, ...named]);
}

/** The names and addresses for the server certificate. */
export function certificateHosts(names: readonly string[]): readonly string[] {
  return [...new Set(["localhost", "127.0.0.1", ...names.map((name) => name.replace(/:\d+$/, ""))])];
}
