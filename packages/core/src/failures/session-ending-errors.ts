import type { Endpoint } from "../endpoint/endpoint.js";

/**
 * Errors after which a session has ended or must not be used again: connection exceptions, exhaustion, shutdown, a read-only
 * server, errors of the proxy itself. By code only, which servers always send; the tables for failed connects also match texts,
 * and are loaded only after a failure.
 */
const SESSION_ENDING_SQLSTATES = /^(?:08|40003|53|57P|25006|XX000)/;

const SESSION_ENDING_ERRNOS =
  /^(?:104[0-3]|1053|107[789]|1080|1105|1129|115[289]|116[01]|1184|1203|1226|1290|1792|1836|1927|20(?:0[2356]|13|26|55)|3032|316[89]|4031|9501)$/;

/** A write that was refused. By a writer this is a failover; a reader endpoint refuses each of them, and nothing else is wrong. */
const REFUSED_WRITES: readonly string[] = ["25006", "1290", "1792", "1836"];

/**
 * Whether a connection must be destroyed, instead of kept, after this error of PostgreSQL.
 *
 * @param endpoint the connection's own
 */
export function endsPostgresSession(error: unknown, endpoint?: Pick<Endpoint, "targetRole">): boolean {
  return ends(SESSION_ENDING_SQLSTATES, String(Object(error).code), endpoint);
}

/** The same for MySQL and MariaDB. */
export function endsMysqlSession(error: unknown, endpoint?: Pick<Endpoint, "targetRole">): boolean {
  return ends(SESSION_ENDING_ERRNOS, String(Object(error).errno), endpoint);
}

function ends(codes: RegExp, code: string, endpoint: Pick<Endpoint, "targetRole"> | undefined): boolean {
  return codes.test(code) && !(endpoint?.targetRole === "read-only" && REFUSED_WRITES.includes(code));
}
