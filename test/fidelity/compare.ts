import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import { afterAll, beforeAll, describe as describeTests, expect, inject, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { createDatabase, type SideDatabase } from "./database.js";
import { describe, type Names, normalise } from "./describe.js";
import { observeProcess } from "./observe-process.js";
import { type SentMessage, startTap } from "./tap.js";

/** What a program can use beside the driver, the ORM or the pool that it runs on. */
export interface Tools {
  readonly server: SideDatabase["server"];
  /** Adds a value to the outcome. What a program returns is added, too. */
  record(label: string, value: unknown): void;
  /** Runs work that may fail, and adds what it returned or what it threw. */
  attempt(label: string, work: () => unknown): Promise<void>;
  /** Runs a statement on a connection of its own, past what is compared. */
  direct: SideDatabase["direct"];
}

/** One way of using a library: the same code on both sides. */
export interface Program<Db, Options = object> {
  readonly name: string;
  /** Options of the driver or the ORM, which both sides get. Default: none. */
  readonly options?: Options | undefined;
  run(db: Db, tools: Tools): Promise<unknown>;
  /** What is compared of the messages that the server got. Default `"in order"`. */
  readonly messages?: "in order" | "in any order" | "not at all" | undefined;
  /** Why the sides differ, and the page that says so (`docs/x.md#heading`). They have to differ then. */
  readonly differs?: { readonly reason: string; readonly docs: string } | undefined;
}

/** Opens what programs run on, and closes it after `work`. */
export type Use<Db, Options, Place> = (
  place: Place,
  options: Options | undefined,
  work: (db: Db) => Promise<void>,
) => Promise<void>;

/** Options that lead to the local proxy. */
export type ProxiedPlace = ReturnType<typeof connectTo>;

/** The same library without the adapter and with it. */
export interface Sides<Db, Options> {
  readonly name: string;
  readonly engine: "postgres" | "mysql";
  /** The library by itself, with a password and without TLS. */
  readonly bare: Use<Db, Options, DatabaseServer>;
  /** The same through the adapter: a token and TLS, by the local proxy. */
  readonly ours: Use<Db, Options, ProxiedPlace>;
}

interface Side<Db, Options> {
  readonly database: SideDatabase;
  run(program: Program<Db, Options>): Promise<string>;
}

/** Makes a test of each program: its outcome is the same on both sides, or differs as is documented. */
export function compare<Db extends object, Options>(
  sides: Sides<Db, Options>,
  programs: readonly Program<Db, Options>[],
): void {
  describeTests(`${sides.name} does the same through the adapter`, () => {
    let bare: Side<Db, Options>;
    let ours: Side<Db, Options>;

    beforeAll(async () => {
      [bare, ours] = await Promise.all([createBareSide(sides), createOurSide(sides)]);
    });
    afterAll(async () => {
      await Promise.all([bare.database.drop(), ours.database.drop()]);
      console.log(report(sides.name, bare.database.server, programs));
    });

    test.each(programs.map((program) => [program.name, program] as const))("%s", async (_, program) => {
      const expected = await bare.run(program);
      const outcome = await ours.run(program);
      if (program.differs) {
        expectDocumented(program.differs.docs);
        expect(outcome, `is the same by now: take \`differs\` out`).not.toBe(expected);
      } else {
        expect(outcome).toBe(expected);
      }
    });
  });
}

async function createBareSide<Db extends object, Options>({
  engine,
  bare,
}: Sides<Db, Options>): Promise<Side<Db, Options>> {
  const server = inject(engine);
  const database = await createDatabase(engine, server);
  return {
    database,
    async run(program) {
      await using tap = await startTap(engine, server);
      const place = { ...server, host: tap.host, port: tap.port, database: database.name };
      return await runProgram(program, database, tap, (work) => bare(place, program.options, work));
    },
  };
}

async function createOurSide<Db extends object, Options>({
  engine,
  ours,
}: Sides<Db, Options>): Promise<Side<Db, Options>> {
  const server = inject(engine);
  const database = await createDatabase(engine, server);
  return {
    database,
    async run(program) {
      const upstream = { ...server, database: database.name };
      const proxy = await startLocalProxy({ engine, upstream, recordMessages: true });
      try {
        return await runProgram(program, database, proxy, (work) =>
          ours(connectTo(proxy), program.options, work),
        );
      } finally {
        await proxy.close();
      }
    },
  };
}

interface Recorder {
  readonly port: number;
  messages(): readonly SentMessage[];
}

async function runProgram<Db extends object, Options>(
  program: Program<Db, Options>,
  database: SideDatabase,
  recorder: Recorder,
  use: (work: (db: Db) => Promise<void>) => Promise<void>,
): Promise<string> {
  await database.clear();
  const objects = new Map<unknown, string>();
  const names: Names = {
    objects,
    texts: new Map([
      [database.name, "<database>"],
      [`127.0.0.1:${recorder.port}`, "<server>"],
      [`localhost:${recorder.port}`, "<server>"],
    ]),
  };
  const lines: string[] = [];
  const record = (label: string, value: unknown): void => {
    lines.push(`${label}: ${describe(value, names)}`);
  };
  const observed = await observeProcess(async () => {
    await use(async (db) => {
      objects.set(db, "db");
      const result = await program.run(db, {
        server: database.server,
        direct: (statement) => database.direct(statement),
        record,
        async attempt(label, work) {
          try {
            record(label, await work());
          } catch (error) {
            record(`${label} failed`, error);
          }
        },
      });
      record("returned", result);
    });
  });
  for (const [label, value] of observed) record(label, value);
  lines.push("messages:", ...messageLines(program, recorder, names));
  lines.push("tables:", await database.dump());
  return lines.join("\n");
}

function messageLines(
  { messages = "in order" }: Pick<Program<unknown>, "messages">,
  recorder: Recorder,
  names: Names,
): readonly string[] {
  if (messages === "not at all") return [];
  const lines = recorder
    .messages()
    .filter(({ type }) => type !== "Terminate" && type !== "COM_QUIT")
    .map(({ type, text, statementName }) =>
      [type, type === "Parse" ? statementName : undefined, text]
        .filter((part) => part !== undefined && part !== "")
        .map((part) => normalise(String(part), names))
        .join(" "),
    );
  return messages === "in order" ? lines : lines.toSorted();
}

const ROOT = new URL("../../", import.meta.url);

function expectDocumented(docs: string): void {
  const [file = "", heading] = docs.split("#");
  const path = fileURLToPath(new URL(file, ROOT));
  expect(existsSync(path), `${file} exists`).toBe(true);
  if (heading === undefined) return;
  const headings = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("#"))
    .map(slugOf);
  expect(headings, file).toContain(heading);
}

/** The name of a heading in a link, as GitHub makes it. */
function slugOf(line: string): string {
  return line
    .replace(/^#+ /, "")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function report<Db, Options>(
  name: string,
  server: string,
  programs: readonly Program<Db, Options>[],
): string {
  const different = programs.filter(({ differs }) => differs);
  return [
    `${name} on ${server}: ${programs.length} programs, ${different.length} of them differ${different.length ? ":" : ""}`,
    ...different.map(({ name: program, differs }) => `  ${program}: ${differs?.reason} (${differs?.docs})`),
  ].join("\n");
}
