import { npmVersion } from "drizzle-orm/version";
import { npmVersion as version1 } from "drizzle-orm-1/version";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type * as options from "./drizzle-options.js";

type Row = readonly [options: object, message: string];

const CORRECT_IT = "Correct it, or leave it out.";
const OWN =
  "not an option here. The connection is made from the middleware's options, so that each login signs and verifies. " +
  "Leave it out. Without Middy pass a pool: `drizzle({ client: createPool() })`.";
const SINCE_1 = `not an option here. The installed drizzle-orm ${npmVersion} has no such option; 1.0 has it.`;
const OR_INSTALL = "Leave it out, or install drizzle-orm 1.0.";
const NO_CACHE = "cache: expected an object of a class that extends Drizzle's `Cache`";
const cache = { strategy: run, get: run, put: run, onMutate: run };

function run(): void {}

const loggerAndCache: readonly Row[] = [
  [{ client: {} }, `client: ${OWN}`],
  [{ connection: "postgres://app@db" }, `connection: ${OWN}`],
  [
    { logger: run },
    `logger: expected true, false or an object with logQuery(), received a value of type function. ${CORRECT_IT}`,
  ],
  [
    { logger: null },
    `logger: expected true, false or an object with logQuery(), received null. ${CORRECT_IT}`,
  ],
  ...["strategy", "get", "put", "onMutate"].map(
    (method) =>
      [
        { cache: { ...cache, [method]: "not a function" } },
        `${NO_CACHE}, received a value of type object. ${CORRECT_IT}`,
      ] as const,
  ),
];

const schemaExpected = "schema: expected an object with tables and relations, such as a module of them";

describe.each<{ version: string; refused: readonly Row[]; taken: readonly object[] }>([
  {
    version: npmVersion,
    refused: [
      [
        { relations: {} },
        `relations: ${SINCE_1} Pass the tables and what \`relations()\` returns as \`schema\`.`,
      ],
      [{ jit: true }, `jit: ${SINCE_1} ${OR_INSTALL}`],
      [{ paramsInErrors: true }, `paramsInErrors: ${SINCE_1} ${OR_INSTALL}`],
      [{ codecs: {} }, `codecs: ${SINCE_1} ${OR_INSTALL}`],
      [{ schema: "schema.ts" }, `${schemaExpected}, received "schema.ts". ${CORRECT_IT}`],
      [{ schema: null }, `${schemaExpected}, received null. ${CORRECT_IT}`],
      [{ schema: [] }, `${schemaExpected}, received an array. ${CORRECT_IT}`],
      [{ casing: "kebab" }, `casing: expected "snake_case" or "camelCase", received "kebab". ${CORRECT_IT}`],
      [{ mode: "vitess" }, `mode: expected "default" or "planetscale", received "vitess". ${CORRECT_IT}`],
      ...loggerAndCache,
    ],
    taken: [
      { schema: {}, casing: "snake_case", mode: "default", logger: true, cache },
      { casing: "camelCase", mode: "planetscale", logger: { logQuery: run } },
      { logger: false },
    ],
  },
  {
    version: version1,
    refused: [
      [
        { schema: {} },
        `schema: not an option here. drizzle-orm ${version1} does not use it. Pass what \`defineRelations(schema, ...)\` returns ` +
          "as `relations`.",
      ],
      [
        { casing: "snake_case" },
        `casing: not an option here. drizzle-orm ${version1} does not use it. Choose the casing where the tables are made, such ` +
          "as with `snakeCase.table()`.",
      ],
      [{ mode: "default" }, `mode: not an option here. drizzle-orm ${version1} has no modes. Leave it out.`],
      [
        { relations: [] },
        `relations: expected what \`defineRelations()\` returns, received an array. ${CORRECT_IT}`,
      ],
      [{ jit: "yes" }, `jit: expected true or false, received "yes". ${CORRECT_IT}`],
      [{ paramsInErrors: 1 }, `paramsInErrors: expected true or false, received 1. ${CORRECT_IT}`],
      ...loggerAndCache,
    ],
    taken: [{ relations: {}, jit: true, paramsInErrors: false, codecs: {}, logger: true, cache }],
  },
])("options of Drizzle $version", ({ version, refused, taken }) => {
  let separateOptions: typeof options.separateOptions;
  let isBefore1: boolean;

  beforeAll(async () => {
    vi.resetModules();
    vi.doMock("drizzle-orm/version", () => ({ npmVersion: version }));
    ({ separateOptions, isBefore1 } = await import("./drizzle-options.js"));
  });

  afterAll(() => {
    vi.doUnmock("drizzle-orm/version");
    vi.resetModules();
  });

  it("has the version that is installed", () => {
    expect(isBefore1).toBe(version === npmVersion);
  });

  it.each(refused)("%o is refused", (given, message) => {
    expect(() => separateOptions(given, ["mode"])).toThrow(
      expect.objectContaining({ code: "RDS_PROXY_INVALID_OPTION", message }),
    );
  });

  it.each(taken)("%o is Drizzle's, and the others are the driver's", (given) => {
    const separated = separateOptions({ ...given, query_timeout: 1000, client: undefined }, ["mode"]);
    expect(separated).toEqual({ config: given, driverOptions: { query_timeout: 1000 } });
  });

  it("an option of one engine is the driver's on the other, and undefined is none", () => {
    const ofOne = { dialect: "of one engine" };
    expect(separateOptions({ ...ofOne, logger: undefined }, ["dialect"])).toStrictEqual({
      config: ofOne,
      driverOptions: {},
    });
    expect(separateOptions(ofOne)).toStrictEqual({ config: {}, driverOptions: ofOne });
  });

  it("something else than an object is refused", () => {
    for (const wrong of [null, "localhost", []]) {
      expect(() => Reflect.apply(separateOptions, undefined, [wrong])).toThrow("options: expected an object");
    }
  });
});
