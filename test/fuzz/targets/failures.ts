import { classifyConnectFailure } from "../../../packages/core/src/failures/classify.js";
import { RETRY_OF_KIND } from "../../../packages/core/src/failures/connect-failure.js";
import { findRdsProxyError } from "../../../packages/core/src/failures/find-rds-proxy-error.js";
import {
  endsMysqlSession,
  endsPostgresSession,
} from "../../../packages/core/src/failures/session-ending-errors.js";
import { ByteChoices, textInput } from "../byte-choices.js";
import { type Target, texts } from "../target.js";

const PROPERTIES = ["message", "code", "errno", "routine", "cause", "original", "parent", "errors"] as const;

const CODES = [
  "28P01",
  "53300",
  "08000",
  "57P03",
  "ECONNRESET",
  "ER_ACCESS_DENIED_ERROR",
  1040,
  1045,
  9501,
] as const;

/** Each byte chooses an object, a property and a value, which may be an earlier object. */
function errorFrom(choices: ByteChoices): unknown {
  const objects: object[] = [new Error(choices.text())];
  while (choices.isLeft) {
    const holder = objects[choices.byte() % objects.length] ?? {};
    const name = choices.pick(PROPERTIES);
    const value = valueFrom(choices, objects);
    if (typeof value === "object" && value !== null && !objects.includes(value)) objects.push(value);
    if (choices.byte() === 7) {
      Reflect.defineProperty(holder, name, {
        configurable: true,
        get: () => {
          throw new Error("a getter's own error");
        },
      });
    } else if (Reflect.getOwnPropertyDescriptor(holder, name)?.get === undefined) {
      Reflect.set(holder, name, value);
    }
  }
  return objects[0];
}

function valueFrom(choices: ByteChoices, objects: readonly object[]): unknown {
  switch (choices.byte() % 12) {
    case 0:
      return choices.text();
    case 1:
      return choices.text().repeat(1000);
    case 2:
      return choices.pick<string | number>(CODES);
    case 3:
      return objects[choices.byte() % objects.length];
    case 4:
      return new Error(choices.text());
    case 5:
      return [...objects];
    case 6:
      return new AggregateError([...objects], choices.text());
    case 7:
      return Object.create(null);
    case 8:
      return choices.pick<unknown>([null, undefined, true, 10n, Symbol("s"), () => 1]);
    case 9:
      return new Proxy(
        {},
        {
          get: () => {
            throw new Error("a proxy's own error");
          },
        },
      );
    case 10:
      return choices.byte();
    default:
      return {};
  }
}

/** How errors of drivers and networks are classified. */
export const failureTargets: readonly Target[] = [
  {
    name: "failure",
    covers: ["/core/src/failures/"],
    isLinear: false,
    seeds: [
      Buffer.concat([
        textInput("outer"),
        Buffer.from([0, 4, 4]),
        textInput("connect ECONNREFUSED"),
        Buffer.from([0]),
      ]),
      Buffer.concat([textInput("outer"), Buffer.from([0, 1, 2, 0, 0, 0, 4, 3, 0, 0, 0, 2, 2, 7, 0])]),
      Buffer.concat([
        textInput("outer"),
        Buffer.from([0, 4, 6]),
        textInput(""),
        Buffer.from([0, 1, 1, 2, 4, 0]),
      ]),
    ],
    feed(input) {
      const error = errorFrom(new ByteChoices(input));
      for (const engine of ["postgres", "mysql"] as const) {
        for (const login of ["token", "secret"] as const) {
          const { kind, message } = classifyConnectFailure(error, engine, login);
          if (!(kind in RETRY_OF_KIND)) throw new Error(`the kind ${kind} is not known`);
          if (message === "") throw new Error("it has no message");
        }
      }
      findRdsProxyError(error);
    },
  },
  {
    name: "failure-text",
    covers: ["/core/src/failures/"],
    isLinear: true,
    seeds: texts(
      "Timed-out waiting to acquire database connection.",
      "The IAM authentication failed because of too many competing requests.",
      'no pg_hba.conf entry for host "10.0.0.1", user "app", database "shop", no encryption',
      "Access denied for user 'app'@'10.0.0.1' (using password: YES)",
      "Host 'a' is not allowed to connect; certificate has expired; getaddrinfo ENOTFOUND host.",
    ),
    feed(input) {
      const message = input.toString("utf8");
      for (const code of [undefined, message, ...CODES]) {
        const error = Object.assign(new Error(message), { code, errno: code });
        for (const engine of ["postgres", "mysql"] as const) classifyConnectFailure(error, engine, "secret");
        endsPostgresSession(error);
        endsMysqlSession(error);
      }
    },
  },
];
