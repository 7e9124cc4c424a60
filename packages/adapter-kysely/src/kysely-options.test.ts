import { describe, expect, it } from "vitest";
import { checkAdapterOptions, checkDialectOptions } from "./kysely-options.js";

const CANCELLING =
  "not an option here. Behind RDS Proxy a client does not know its database session, so it cannot cancel its statements. " +
  "Leave it out, and limit statements at the database or, on PostgreSQL, with `query_timeout`.";
const POOL =
  "not an option here. The pool is created from the other options, so that each of its connections signs and verifies. " +
  "Give host, port, user, database and the options of the pool.";
const OF_KYSELY =
  "not an option here. It is an option of Kysely, not of a dialect. Pass it to `new Kysely({ ... })`.";
const CORRECT_IT = "Correct it, or leave it out.";

const run = (): void => undefined;

describe.each([
  {
    place: "a dialect",
    check: checkDialectOptions,
    refused: [
      [{ plugins: [] }, `plugins: ${OF_KYSELY}`],
      [{ log: run }, `log: ${OF_KYSELY}`],
    ],
    taken: [{ dialect: "not of ours" }],
  },
  {
    place: "the adapter",
    check: checkAdapterOptions,
    refused: [
      [{ dialect: {} }, "dialect: not an option here. The adapter has its own. Leave it out."],
      [
        { plugins: {} },
        `plugins: expected an array of plugins, received a value of type object. ${CORRECT_IT}`,
      ],
      [
        { log: "query" },
        `log: expected a function, or an array of "query" and "error", received "query". ${CORRECT_IT}`,
      ],
    ],
    taken: [{ plugins: [] }, { log: run }, { log: ["query"] }],
  },
] as const)("options of $place", ({ check, refused, taken }) => {
  it.each<readonly [object, string]>([
    [{ pool: {} }, `pool: ${POOL}`],
    [{ controlClient: run }, `controlClient: ${CANCELLING}`],
    [{ controlConnection: run }, `controlConnection: ${CANCELLING}`],
    [{ cursor: {} }, `cursor: expected a function, received a value of type object. ${CORRECT_IT}`],
    [
      { onCreateConnection: true },
      `onCreateConnection: expected a function, received a value of type boolean. ${CORRECT_IT}`,
    ],
    [
      { onReserveConnection: "set" },
      `onReserveConnection: expected a function, received a value of type string. ${CORRECT_IT}`,
    ],
    ...refused,
  ])("%o is refused", (options, message) => {
    expect(() => check(options)).toThrow(
      expect.objectContaining({
        code: "RDS_PROXY_INVALID_OPTION",
        message,
      }),
    );
  });

  it.each([
    {},
    { cursor: run, onCreateConnection: run, onReserveConnection: run },
    { cursor: undefined, pool: undefined },
    { port: "not of Kysely" },
    ...taken,
  ])("%o is taken", (options) => {
    expect(() => check(options)).not.toThrow();
  });
});
