import { type Kysely, sql } from "kysely";
import type { Program } from "../compare.js";
import type { PetShop } from "../pet-shop.js";
import type { KyselyDb, KyselyProgramOptions } from "../sides/kysely.js";

/** An aborted call's error, with Kysely's note on when it was aborted. */
async function timing(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    return [error, Reflect.get(Object(error), "__kysely_timing__")];
  }
}

/** Waits for connections that are acquired in the background, so that none is when the program ends. */
async function settle(db: Kysely<PetShop>): Promise<void> {
  await Promise.all([one(db), one(db), one(db)]);
}

const one = <DB>(db: Kysely<DB>): Promise<unknown> => sql`select 1 as one`.execute(db);

/** The levels of the log make a Kysely of another build, which treats signals in another place. */
const builds: readonly KyselyProgramOptions[] = [{}, { log: () => undefined }];

export const kyselySignalPrograms: readonly Program<KyselyDb, KyselyProgramOptions>[] = builds.flatMap(
  (options): Program<KyselyDb, KyselyProgramOptions>[] => {
    const suffix = options.log ? ", with a log" : "";
    return [
      {
        name: `a signal that was aborted before${suffix}`,
        options,
        async run(db, { record }) {
          const options = { signal: AbortSignal.abort(new Error("aborted before")) };
          record("first query", await timing(sql`select 1`.execute(db, options)));
          record("first connection", await timing(db.connection().execute(one, options)));
          await one(db);
          record("query", await timing(sql`select 1`.execute(db, options)));
          record("connection", await timing(db.connection().execute(one, options)));
          const stream = db.selectFrom("person").selectAll().stream(options);
          record("stream", await timing(stream.next()));
          await settle(db);
        },
      },
      {
        name: `a signal that is aborted as soon as the call was made${suffix}`,
        options,
        async run(db, { record }) {
          for (const label of ["first", "second"]) {
            const controller = new AbortController();
            const called = timing(db.connection().execute(one, { signal: controller.signal }));
            controller.abort(new Error("aborted at once"));
            record(label, await called);
            await settle(db);
          }
        },
      },
      {
        name: `a signal that is aborted while a connection is waited for${suffix}`,
        options,
        async run(db, { record }) {
          const controller = new AbortController();
          const options = { signal: controller.signal };
          const held = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
          const holders = held.map(({ promise }) => db.connection().execute(() => promise));
          await new Promise((resolve) => setImmediate(resolve));
          const waiting = timing(db.connection().execute(one, options));
          const query = timing(sql`select 2 as two`.execute(db, options));
          await new Promise((resolve) => setImmediate(resolve));
          controller.abort(new Error("aborted while waiting"));
          record("connection", await waiting);
          record("query", await query);
          for (const { resolve } of held) resolve();
          await Promise.all(holders);
          record("afterwards", await one(db));
        },
      },
      {
        name: `a signal that is aborted while a statement runs${suffix}`,
        options,
        async run(db, { record, server }) {
          const sleep = server === "PostgreSQL" ? sql`select pg_sleep(0.1)` : sql`select sleep(0.1)`;
          const controller = new AbortController();
          await one(db);
          const query = timing(sleep.execute(db, { signal: controller.signal }));
          await new Promise((resolve) => setTimeout(resolve, 20));
          controller.abort("a text as the reason");
          record("query", await query.catch((error: unknown) => error));
          record("afterwards", await one(db));
        },
      },
    ];
  },
);
