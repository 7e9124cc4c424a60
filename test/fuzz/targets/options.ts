import { describeEndpoint } from "../../../packages/core/src/endpoint/endpoint.js";
import { RdsProxyError } from "../../../packages/core/src/errors.js";
import {
  RDS_PROXY_OPTION_NAMES,
  type RdsProxyOptions,
  resolveOptions,
} from "../../../packages/core/src/options/options.js";
import { createVirtualClock } from "../../../packages/core/src/testing/virtual-clock.js";
import { Restores } from "../../../packages/core/src/time/restores.js";
import { ByteChoices, textInput } from "../byte-choices.js";
import type { Target } from "../target.js";

const VARIABLES: readonly [string, ...string[]] = [
  "RDS_PROXY_ENDPOINT",
  "RDS_PROXY_READER_ENDPOINT",
  "RDS_PROXY_PORT",
  "RDS_PROXY_USER",
  "RDS_PROXY_DATABASE",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_LAMBDA_MAX_CONCURRENCY",
  "PGHOST",
  "PGPORT",
  "PGUSER",
  "PGDATABASE",
  "MYSQL_HOST",
  "MYSQL_TCP_PORT",
  "MYSQL_USER",
  "MYSQL_DATABASE",
];

const NAMES = ["hots", "retries", ...RDS_PROXY_OPTION_NAMES] as const;

const HOST = "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com";

/** Options of an object, as deep as the bytes say. */
type Value = (choices: ByteChoices) => unknown;

const record =
  (...names: readonly [string, ...string[]]): Value =>
  (choices) => {
    const entries: [string, unknown][] = [];
    for (let count = choices.byte() % 4; count > 0; count--)
      entries.push([choices.pick(names), choices.pick(VALUES)(choices)]);
    return Object.fromEntries(entries);
  };

const VALUES: readonly [Value, ...Value[]] = [
  (choices) => choices.text(),
  (choices) => choices.byte(),
  (choices) => choices.pick([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 65_536, 3306]),
  (choices) => choices.pick<unknown>([true, false, null, undefined, 10n, Symbol("s"), () => "x", [], [[]]]),
  (choices) => `${choices.text()}:${choices.text()}`,
  (choices) => choices.pick([HOST, "localhost", "::1", "[::1]", "10.0.0.1", "shop.dsql.eu-west-1.on.aws"]),
  (choices) => choices.pick(["read-only", "read-write", "keep", "discard", "report", "throw", "Amazon RDS"]),
  (choices) => Buffer.from(choices.text()),
  record("maxAttempts", "baseDelayMs", "maxDelayMs", "other"),
  record("ca", "servername", "minVersion", "maxVersion", "rejectUnauthorized", "cert"),
  record("secretId", "accessKeyId", "secretAccessKey", "sessionToken", "getAuthToken"),
];

/** An option or variable with one of the values. */
function given(names: readonly string[], name: string, value: number, ...bytes: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([names.indexOf(name), value]), ...bytes]);
}

/** How options and variables are resolved. */
export const optionTargets: readonly Target[] = [
  {
    name: "options",
    covers: [
      "/core/src/options/",
      "/core/src/endpoint/",
      "/core/src/credentials/",
      "/core/src/validation.ts",
    ],
    isLinear: false,
    seeds: [
      Buffer.concat([
        Buffer.from([0, 2]),
        given(VARIABLES, "RDS_PROXY_ENDPOINT", 0, textInput(`${HOST}:5432`)),
        given(VARIABLES, "PGUSER", 0, textInput("app")),
        given(NAMES, "ssl", 9, Buffer.from([1, 1, 0]), textInput("name")),
        given(NAMES, "maxConnections", 1, Buffer.from([4])),
      ]),
      Buffer.concat([
        Buffer.from([1, 0]),
        given(NAMES, "host", 5, Buffer.from([0])),
        given(NAMES, "user", 0, textInput("app")),
        given(NAMES, "secret", 10, Buffer.from([1, 0, 0]), textInput("shop/app")),
        given(NAMES, "retry", 8, Buffer.from([1, 0, 1, 3])),
      ]),
      Buffer.concat([
        Buffer.from([1, 0]),
        given(NAMES, "host", 0, textInput("postgres://app:secret@host:5432/db?x=1")),
        given(NAMES, "signingHost", 5, Buffer.from([4])),
      ]),
    ],
    feed(input) {
      const choices = new ByteChoices(input);
      const engine = choices.pick(["postgres", "mysql"] as const);
      const env: Record<string, string> = {};
      for (let count = choices.byte() % 8; count > 0; count--) {
        const name = choices.pick(VARIABLES);
        choices.byte();
        env[name] = choices.text();
      }
      const options: Record<string, unknown> = {};
      while (choices.isLeft) options[choices.pick(NAMES)] = choices.pick(VALUES)(choices);
      checkOptions(options, engine, env);
    },
  },
];

function checkOptions(
  options: RdsProxyOptions,
  engine: "postgres" | "mysql",
  env: Readonly<Record<string, string>>,
): void {
  const clock = createVirtualClock();
  try {
    const { endpoint } = resolveOptions(options, engine, { clock, env, restores: new Restores(clock, env) });
    if (/[\s/@]/.test(endpoint.host)) throw new Error(`the host is ${endpoint.host}`);
    describeEndpoint(endpoint);
  } catch (error) {
    if (!(error instanceof RdsProxyError) || error.code !== "RDS_PROXY_INVALID_OPTION") throw error;
    const [named = ""] = /^[\w.]+(?=: )/.exec(error.message) ?? [];
    const root = named.split(".")[0] ?? "";
    if (![...NAMES, ...VARIABLES].some((name) => name === root))
      throw new Error(`the error names no option: ${error.message}`);
  }
}
