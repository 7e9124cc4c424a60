/** One handler that is measured. */
export interface Contender {
  readonly name: string;
  readonly handler: URL;
  /** Whether dynamic imports become files of their own. Default true. */
  readonly isSplit?: boolean;
  /** Whether it is bundled by `@rds-proxy/bundling`, with a code cache of a whole invocation. Default false. */
  readonly hasRecipe?: boolean;
  /** The module that the recipe evaluates first. */
  readonly early?: URL;
  /** Environment variables of its own. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Handlers that do the same with the same driver or ORM; the first is the limit. */
export interface Group {
  readonly name: string;
  readonly engine: "postgres" | "mysql";
  readonly contenders: readonly Contender[];
  /** Whether only cold starts are measured. Default false. */
  readonly isColdOnly?: boolean;
}

/** Middy's own cost. */
export const inMiddy = "bare driver in Middy";
export const ours = "rdsProxy()";
export const oursWithRecipe = `${ours}, recipe`;

export const groups: readonly Group[] = [
  {
    name: "pg",
    engine: "postgres",
    contenders: [
      contender("bare driver", "postgres/driver"),
      contender(inMiddy, "postgres/driver-in-middy"),
      contender(ours, "postgres/rds-proxy"),
      { ...contender(`${ours} in one file`, "postgres/rds-proxy"), isSplit: false },
      withRecipe(contender("bare driver", "postgres/driver")),
      withRecipe(contender(ours, "postgres/rds-proxy")),
      withRecipe(contender("common snippet", "postgres/snippet")),
      contender("common snippet", "postgres/snippet"),
      contender("serverless-postgres", "postgres/serverless-postgres"),
      contender("aws-advanced-nodejs-wrapper", "postgres/aws-wrapper"),
    ],
  },
  {
    name: "mysql2",
    engine: "mysql",
    contenders: [
      contender("bare driver", "mysql/driver"),
      contender(inMiddy, "mysql/driver-in-middy"),
      contender(ours, "mysql/rds-proxy"),
      { ...contender(`${ours} in one file`, "mysql/rds-proxy"), isSplit: false },
      withRecipe(contender("bare driver", "mysql/driver")),
      withRecipe(contender(ours, "mysql/rds-proxy")),
      withRecipe(contender("common snippet", "mysql/snippet")),
      contender("common snippet", "mysql/snippet"),
      contender("serverless-mysql", "mysql/serverless-mysql"),
      contender("aws-advanced-nodejs-wrapper", "mysql/aws-wrapper"),
    ],
  },
  withOwnModules(100),
  withOwnModules(400),
  orm("kysely-postgres", "postgres"),
  orm("kysely-mysql", "mysql"),
  orm("sequelize-postgres", "postgres"),
  orm("sequelize-mysql", "mysql"),
];

function orm(name: string, engine: Group["engine"]): Group {
  return {
    name,
    engine,
    contenders: [
      contender("ready token", `${name}/ready-token`),
      contender(ours, `${name}/rds-proxy`),
      contender("by hand", `${name}/by-hand`),
      withRecipe(contender("ready token", `${name}/ready-token`)),
      withRecipe(contender(ours, `${name}/rds-proxy`)),
      withRecipe(contender("by hand", `${name}/by-hand`)),
    ],
  };
}

/** Functions whose own modules take some milliseconds. */
function withOwnModules(ms: number): Group {
  const variables = { BENCH_INITIALISATION_MS: String(ms) };
  const rdsProxy = contender(ours, "initialisation/rds-proxy");
  return {
    name: `pg-after-${ms}-ms`,
    engine: "postgres",
    isColdOnly: true,
    contenders: [
      contender("bare driver", "initialisation/driver"),
      contender(`${ours} without prefetch`, "initialisation/without-prefetch"),
      rdsProxy,
      withRecipe(contender("bare driver", "initialisation/driver")),
      withRecipe(rdsProxy),
      {
        ...withRecipe(rdsProxy),
        name: `${ours}, recipe, early`,
        early: new URL("./handlers/initialisation/database.ts", import.meta.url),
      },
    ].map((each) => ({ ...each, variables })),
  };
}

/** The same handler, bundled by the recipe that we document. */
function withRecipe(contender: Contender): Contender {
  return { ...contender, name: `${contender.name}, recipe`, hasRecipe: true };
}

function contender(name: string, file: string): Contender {
  return { name, handler: new URL(`./handlers/${file}.ts`, import.meta.url) };
}
