/** The output of `npm run demo -- --help`. */
export const USAGE = `npm run demo -- [options]

Runs two Lambda functions against a local RDS Proxy, one with rdsProxy() and one without.

  --engine postgres|mysql   the database; default postgres
  --storm                   starts many execution environments at once and draws a chart
  --help                    prints this help

With --storm:
  --environments 200        number of environments
  --max-connections 60      max_connections of the server
  --logins-per-second 100   logins with a token that the proxy accepts in a second
  --out storm.html          file of the chart, .html or .svg; beside an .svg a .json with its numbers
`;
