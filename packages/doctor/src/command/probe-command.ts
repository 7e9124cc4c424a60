import { access, constants, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { RdsProxyError } from "@rds-proxy/core";
import type { Runtime } from "@rds-proxy/core/internal";
import { fileFailure } from "../file-failure.js";
import { describeProbe } from "../probe/describe-probe.js";
import { formatProbe } from "../probe/format-probe.js";
import { probe } from "../probe/probe.js";
import { flaggedOptions, parseFlags } from "./command-line.js";
import { describeFlags, type FlagList, flags } from "./flags.js";
import type { Output } from "./output.js";
import { UsageError } from "./usage-error.js";

const probeFlags: FlagList = Object.entries({
  engine: flags.engine,
  host: flags.host,
  "target-role": flags["target-role"],
  port: flags.port,
  user: flags.user,
  database: flags.database,
  region: flags.region,
  "signing-host": flags["signing-host"],
  "signing-port": flags["signing-port"],
  "role-arn": flags["role-arn"],
  "ca-file": flags["ca-file"],
  connections: {
    value: "COUNT",
    option: "maxConnections",
    range: [3, 20] as const,
    help: "most connections at a time, from 3 to 20; default: 4",
  },
  timeout: {
    value: "MS",
    option: "timeoutMs",
    range: [1, Number.MAX_SAFE_INTEGER] as const,
    help: "limit of the whole probe, in ms; default: 300000",
  },
  "with-locks": { help: "MySQL: decide two more rules, by locks that others may wait for" },
  yes: { help: "run the probe; without it, its summary is printed" },
  save: { value: "FILE", help: "write the profile to this file, for the local proxy" },
  json: flags.json,
  help: flags.help,
});

const ISSUE_FORM = "https://github.com/rds-proxy/rds-proxy-middy/issues/new?template=probe.yml";

/** The output of `probe --help`. */
export const probeHelpText: string = `Usage: rds-proxy-doctor probe [flags]

Finds out what an RDS Proxy does where AWS's documentation leaves it open, with a few connections of the user's own. It changes
no data, and needs no right but to log in with a token. Exit codes: 0 probed, or summary printed; 1 not an RDS Proxy, or no
login; 2 wrong command line.

${describeFlags(probeFlags)}
`;

/**
 * Runs `rds-proxy-doctor probe`.
 *
 * @param args what follows `probe`
 * @returns the exit code
 * @throws UsageError
 */
export async function runProbeCommand(
  args: readonly string[],
  { write, tell, hasColors = false }: Output,
  runtime: Runtime,
): Promise<number> {
  const values = parseFlags(args, probeFlags);
  if (values.has("help")) {
    write(probeHelpText);
    return 0;
  }
  const file = values.get("save");
  const options = {
    ...(await flaggedOptions(values, probeFlags)),
    ...(values.has("with-locks") ? { takesLocks: true } : {}),
  };
  try {
    if (!values.has("yes")) {
      write(`${describeProbe(options, runtime)}\nNothing has been sent yet. To run the probe, add --yes.\n`);
      return 0;
    }
    if (file !== undefined) await checkWritable(file);
    const report = await probe(options, runtime);
    write(
      values.has("json")
        ? `${JSON.stringify(report, undefined, 2)}\n`
        : formatProbe(report, { color: hasColors }),
    );
    if (report.profile === undefined) return 1;
    if (file !== undefined) await save(file, report.profile, tell);
    return 0;
  } catch (error) {
    if (error instanceof RdsProxyError && error.code === "RDS_PROXY_INVALID_OPTION") {
      throw new UsageError(error.message);
    }
    throw error;
  }
}

async function save(file: string, profile: object, tell: Output["tell"]): Promise<void> {
  await writeFile(file, `${JSON.stringify(profile, undefined, 2)}\n`);
  tell(
    `The profile is in ${file}. It names no host, account, user or secret. The local proxy loads it:\n` +
      `  npx @rds-proxy/local-proxy --profile ${file}\n` +
      "Please send it, so that the local proxy can behave as AWS does by default:\n" +
      `  ${ISSUE_FORM}\n`,
  );
}

/** Ahead of the probe, which takes its time. */
async function checkWritable(file: string): Promise<void> {
  try {
    await access(dirname(file), constants.W_OK);
    const found = await stat(file).catch(() => undefined);
    if (found?.isDirectory()) throw new Error("it is a folder");
  } catch (error) {
    throw new UsageError(
      `--save: expected a file that can be written, got ${JSON.stringify(file)}: ${fileFailure(error)}.`,
    );
  }
}
