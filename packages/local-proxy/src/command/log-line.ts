const awsLine = /^\[(INFO|WARN)\] (?:\[proxyEndpoint=default\] )?(?:\[clientConnection=(\d+)\] )?/;

/** Formats a log line for a terminal: time, client, and the message in AWS's wording. */
export function readableLine(line: string, now: Date): string {
  const [prefix = "", level, connection] = awsLine.exec(line) ?? [];
  const who = connection === undefined ? "proxy" : `client ${connection}`;
  const mark = level === "WARN" ? "! " : "  ";
  return `${now.toTimeString().slice(0, 8)} ${who.padEnd(10)}${mark}${line.slice(prefix.length)}`;
}
