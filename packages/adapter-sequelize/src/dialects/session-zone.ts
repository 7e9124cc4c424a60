/**
 * The value of PostgreSQL's `TimeZone` that Sequelize's `SET TIME ZONE` leaves behind: RDS Proxy takes it at login, where
 * the statement would pin. An offset becomes what the server makes of an interval, in POSIX notation.
 * Source: https://www.postgresql.org/docs/current/sql-set.html and `pg_tzset_offset` of PostgreSQL's pgtz.c
 *
 * @param timezone Sequelize's option: a name, or an offset such as "+09:00"
 * @returns undefined for an offset in another notation, which is left to Sequelize's own statement
 */
export function postgresZone(timezone: string): string | undefined {
  if (/^[A-Za-z][\w+/-]*$/.test(timezone)) return timezone;
  const [, sign, hours, minutes] = /^([+-])(\d\d):([0-5]\d)$/.exec(timezone) ?? [];
  if (sign === undefined) return undefined;
  const offset = minutes === "00" ? `${hours}` : `${hours}:${minutes}`;
  const isUtc = offset === "00";
  // The sign in front is the one that clocks show; POSIX counts the other way.
  return sign === "+" || isUtc ? `<+${offset}>-${offset}` : `<-${offset}>+${offset}`;
}
