/** What `npm run demo -- --help` prints. */
export const USAGE = `npm run demo -- [options]

Plays the life of two Lambda functions against a local RDS Proxy, with rdsProxy() and without.

  --engine postgres|mysql   the database; default postgres
  --storm                   many execution environments at once instead, as a chart
  --help                    prints this

With --storm:
  --environments 200        how many environments
  --max-connections 60      how many connections the server accepts
  --logins-per-second 100   how many logins with a token the proxy takes
  --out storm.html          the file of the chart, .html or .svg
`;
