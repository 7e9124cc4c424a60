/**
 * After which errors a session is at an end, or must not be used for the next piece of work: connection exceptions,
 * exhaustion, shutdown, a server that takes no writes, errors of the proxy itself. By code alone, which a server always
 * sends, because it is asked in the middle of a session; why a connect failed is told by `connect-failure.ts`, which is
 * only loaded when one does.
 */
const POISONOUS_SQLSTATES = /^(?:08|40003|53|57P|25006|XX000)/;

const POISONOUS_ERRNOS =
  /^(?:104[0-3]|1053|107[789]|1080|1105|1129|115[289]|116[01]|1184|1203|1226|1290|1792|1836|20(?:0[2356]|13|26|55)|3032|3168|4031|9501)$/;

/** Whether a connection whose PostgreSQL server has sent this error must be thrown away after its present use. */
export function endsPostgresSession(error: unknown): boolean {
  return POISONOUS_SQLSTATES.test(String(Object(error).code));
}

/** The same for MySQL and MariaDB. */
export function endsMysqlSession(error: unknown): boolean {
  return POISONOUS_ERRNOS.test(String(Object(error).errno));
}
