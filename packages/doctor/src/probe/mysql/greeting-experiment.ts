import type { Experiment } from "../experiments/experiment.js";
import { decided, type SettingResult, undecided } from "../probe-report.js";
import { capabilityNames } from "./capabilities.js";
import { logIn } from "./log-in.js";
import { serverCapabilities } from "./server-capabilities.js";

const PLUGIN = "mysql.authPlugin";
const VERSION = "mysql.serverVersion";
const WITHHELD = "mysql.withheldCapabilities";

const PLUGINS = ["mysql_native_password", "caching_sha2_password"];

/** Of MariaDB before 11.0, for old replicas: https://jira.mariadb.org/browse/MDEV-28910 */
const REPLICATION_PREFIX = "5.5.5-";

/** What the greeting says. */
export const greetingExperiment: Experiment = {
  summary: "a login",
  settings: [PLUGIN, VERSION, WITHHELD],
  async decide(run) {
    const { session, greeting } = await logIn(run);
    const [[version, localInfile] = []] = await session.query("select version(), @@local_infile");
    session.end();
    if (typeof version !== "string") throw new Error("the server does not name its version");
    const isServers = greeting.serverVersion.replace(REPLICATION_PREFIX, "") === version;
    return [
      PLUGINS.includes(greeting.authPlugin)
        ? decided(PLUGIN, greeting.authPlugin)
        : undecided(
            PLUGIN,
            `the greeting names ${greeting.authPlugin || "none"}, which the local proxy does not know`,
          ),
      decided(VERSION, isServers ? true : greeting.serverVersion),
      withheldOf(greeting.capabilities, version, localInfile === "1"),
    ];
  },
};

/** The capabilities of a server of this version that the proxy does not offer. */
function withheldOf(offered: bigint, version: string, allowsLocalFiles: boolean): SettingResult {
  const known = serverCapabilities(version, allowsLocalFiles);
  if (known === undefined) {
    return undecided(WITHHELD, "the capabilities of a server of this version are not known");
  }
  return decided(WITHHELD, capabilityNames(known & ~offered));
}
