import type { Experiment } from "../experiments/experiment.js";
import { isHandshakeAccepted } from "../experiments/handshake.js";
import { decided, type SettingResult, undecided } from "../probe-report.js";
import type { ProbeRun } from "../probe-run.js";
import { ServerRefusal } from "../wire/server-refusal.js";
import { logIn, logInOnce } from "./log-in.js";
import { VERSION_3_0, VERSION_3_2 } from "./messages.js";
import type { PostgresLogin } from "./postgres-login.js";

const PARAMETERS = "postgres.parameterStatus";
const KEY = "postgres.sendsBackendKey";
const PROTOCOL = "postgres.newerProtocol";
const DIRECT_TLS = "postgres.directTls";

/** The keys of protocol 3.0 have four bytes; those of PostgreSQL 18 with 3.2 have more. */
const SHORT_KEY = 4;

/** What a client receives at its login, and how it can begin. */
export const greetingExperiments: readonly Experiment[] = [
  {
    summary: "a login",
    settings: [PARAMETERS, KEY],
    async decide(run) {
      const login = await logIn(run);
      const result = await compareParameters(login, run);
      login.session.end();
      return [result, decided(KEY, login.key !== undefined)];
    },
  },
  {
    summary: "a login with version 3.2 of the protocol",
    settings: [PROTOCOL],
    async decide(run) {
      try {
        const login = await logInOnce(run, { version: VERSION_3_2 });
        login.session.end();
        return [protocolOf(login)];
      } catch (error) {
        if (error instanceof ServerRefusal && error.code === "0A000") return [decided(PROTOCOL, "refuse")];
        throw error;
      }
    },
  },
  {
    summary: "a login that begins with its TLS handshake",
    settings: [DIRECT_TLS],
    async decide(run) {
      const logInDirectly = async (): Promise<void> =>
        (await logInOnce(run, { isDirectTls: true })).session.end();
      return [decided(DIRECT_TLS, await isHandshakeAccepted(run, logInDirectly))];
    },
  },
];

function protocolOf({ negotiated, key }: PostgresLogin): SettingResult {
  if (negotiated === VERSION_3_0) return decided(PROTOCOL, "negotiate");
  if (negotiated !== undefined) return undecided(PROTOCOL, `the server wants the protocol ${negotiated}`);
  if (key?.length === SHORT_KEY) {
    return undecided(PROTOCOL, "the server accepts 3.2, and sends a cancel key as of 3.0");
  }
  return decided(PROTOCOL, "accept");
}

/** Each setting that was sent: `true` if its value is that of the database session, else the value. */
async function compareParameters(
  { session, parameters }: PostgresLogin,
  { options: { endpoint } }: ProbeRun,
): Promise<SettingResult> {
  const names = [...parameters.keys()];
  const columns = names.map((name) => `current_setting('${name.replaceAll("'", "''")}', true)`);
  const [own = []] = columns.length === 0 ? [] : await session.query(`select ${columns.join(", ")}`);
  const differing = names.filter((name, index) => own[index] !== parameters.get(name));
  const known = [endpoint.user, endpoint.database ?? "", endpoint.host, endpoint.signingHost].filter(Boolean);
  const leak = differing.find((name) => known.some((text) => parameters.get(name)?.includes(text)));
  if (leak !== undefined) {
    return undecided(
      PARAMETERS,
      `the value of ${leak} is not that of the database session, and names the user, the database or the host`,
    );
  }
  const values = names.map((name) => [name, differing.includes(name) ? (parameters.get(name) ?? "") : true]);
  return decided(PARAMETERS, Object.fromEntries(values));
}
