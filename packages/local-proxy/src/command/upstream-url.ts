import type { LocalProxyOptions, Upstream } from "../options/options.js";
import { UsageError } from "./usage-error.js";

const schemes: Readonly<Record<string, { engine: LocalProxyOptions["engine"]; port: number }>> = {
  "postgres:": { engine: "postgres", port: 5432 },
  "postgresql:": { engine: "postgres", port: 5432 },
  "mysql:": { engine: "mysql", port: 3306 },
  "mariadb:": { engine: "mysql", port: 3306 },
};

const expected = "expected postgres://user:password@host:port/database, or mysql://...";

/** @throws UsageError that names the missing part; without the URL, which may contain a password */
export function parseUpstreamUrl(text: string): {
  readonly engine: LocalProxyOptions["engine"];
  readonly server: Upstream;
} {
  if (!URL.canParse(text)) throw new UsageError(`--upstream: ${expected}.`);
  const { protocol, hostname, port, username, password, pathname } = new URL(text);
  const scheme = schemes[protocol];
  if (scheme === undefined) throw new UsageError(`--upstream: ${expected}, got ${protocol}//.`);
  if (hostname === "" || username === "") {
    throw new UsageError(`--upstream: ${expected}; ${username === "" ? "the user" : "the host"} is missing.`);
  }
  const database = decode(pathname.slice(1));
  return {
    engine: scheme.engine,
    server: {
      // Sockets take an IPv6 address without brackets.
      host: hostname.replace(/^\[(.*)\]$/, "$1"),
      port: port === "" ? scheme.port : Number(port),
      user: decode(username),
      ...(password === "" ? {} : { password: decode(password) }),
      ...(database === "" ? {} : { database }),
    },
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new UsageError(`--upstream: ${expected}; the URL has an invalid percent-encoding.`);
  }
}
