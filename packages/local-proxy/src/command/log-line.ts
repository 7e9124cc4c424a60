const awsLine = /^\[(INFO|WARN)\] (?:\[proxyEndpoint=default\] )?(?:\[clientConnection=(\d+)\] )?/;

/** A line of the proxy's log as one reads it in a terminal: the time, the client and AWS's words. */
export function readableLine(line: string, now: Date): string {
  const [prefix = "", level, connection] = awsLine.exec(line) ?? [];
  const who = connection === undefined ? "proxy" : `client ${connection}`;
  const mark = level === "WARN" ? "! " : "  ";
  return `${now.toTimeString().slice(0, 8)} ${who.padEnd(10)}${mark}${line.slice(prefix.length)}`;
}
