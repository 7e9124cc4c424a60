import { NotAnRdsProxy } from "../probe-engine.js";
import type { Observation } from "../probe-report.js";
import type { ProbeRun } from "../probe-run.js";
import { provokeWithoutTls } from "./mysql-login.js";

/** No user of the database. */
const USER = "rds_proxy_probe";

/**
 * Logs in without TLS, without a password, and as a user that there is not. RDS Proxy's own texts are documented in
 * "Troubleshooting for RDS Proxy": it names itself if it requires TLS. Otherwise it refuses the user without the client's
 * address, which the servers themselves name.
 */
export async function identifyMysql(run: ProbeRun): Promise<readonly Observation[]> {
  const refusal = await run.attempt((wire) => provokeWithoutTls(wire, USER));
  const isTlsRequired = refusal?.code === "3159" && refusal.message.includes("RDS Proxy");
  const isUserRefused = refusal?.code === "1045" && refusal.message.includes(`'${USER}'@'%'`);
  if (refusal && (isTlsRequired || isUserRefused)) {
    return [{ name: "login without TLS", value: `${refusal.code} ${refusal.message}` }];
  }
  throw new NotAnRdsProxy(
    `RDS Proxy refuses a login without TLS by texts of its own, 3159 or 1045; this server ${
      refusal ? `answered ${refusal.code} with another text` : "went on with the login"
    }`,
  );
}
