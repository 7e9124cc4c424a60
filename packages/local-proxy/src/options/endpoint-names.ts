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
