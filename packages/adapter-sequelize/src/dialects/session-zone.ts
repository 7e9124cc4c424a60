/**
 * The value that `TimeZone` has after Sequelize's `SET TIME ZONE`: RDS Proxy accepts it at login, while the statement would
 * pin. The server stores an offset in POSIX notation.
 * Source: https://www.postgresql.org/docs/current/sql-set.html and `pg_tzset_offset` of PostgreSQL's pgtz.c
 *
 * @param timezone Sequelize's option: a name, or an offset such as "+09:00"
 * @returns undefined for an offset in another notation, for which Sequelize sends its own statement
 */
export function postgresZone(timezone: string): string | undefined {
  if (/^[A-Za-z][\w+/-]*$/.test(timezone)) return timezone;
  const [, sign, hours, minutes] = /^([+-])(\d\d):([0-5]\d)$/.exec(timezone) ?? [];
  if (sign === undefined) return undefined;
  const offset = minutes === "00" ? `${hours}` : `${hours}:${minutes}`;
  const isUtc = offset === "00";
  // The abbreviation in front has the usual sign; POSIX offsets have the opposite one.
  return sign === "+" || isUtc ? `<+${offset}>-${offset}` : `<-${offset}>+${offset}`;
}
