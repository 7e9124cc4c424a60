/** Every `host:port` that a token may be signed for; the rule stands at `LocalProxyOptions.endpointNames`. */
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

/** The names and addresses that the server certificate has to cover. */
export function certificateHosts(names: readonly string[]): readonly string[] {
  return [...new Set(["localhost", "127.0.0.1", ...names.map((name) => name.replace(/:\d+$/, ""))])];
}
