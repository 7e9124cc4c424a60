import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type LocalProxy, startLocalProxy } from "@rds-proxy/local-proxy";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectTo } from "../support/connect-to.js";
import { describeOn } from "../support/tested-engines.js";
import { createDatabase, type SideDatabase } from "./database.js";
import { describe, type Names, normalise } from "./describe.js";
import { withPlainLiterals } from "./mysql-literals.js";
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
  readonly differs?: Difference | undefined;
}

interface Difference {
  readonly reason: string;
  readonly docs: string;
  /** The only server on which they differ. Default: all. */
  readonly on?: SideDatabase["server"];
}

/** Opens what programs run on, and closes it after `work`. */
type Use<Db, Options, Place> = (
  place: Place,
  options: Options | undefined,
  work: (db: Db) => Promise<void>,
) => Promise<void>;

/** Options that lead to the local proxy. */
type ProxiedPlace = ReturnType<typeof connectTo>;

/** The same library without the adapter and with it. */
export interface Sides<Db, Options> {
  readonly name: string;
  readonly engine: "postgres" | "mysql";
  /** The server of the test run. */
  readonly server: () => DatabaseServer;
  /** The library by itself, with a password and without TLS. */
  readonly bare: Use<Db, Options, DatabaseServer>;
  /** The same through the adapter, with a token and TLS, by the local proxy: each way of using it by its name. */
  readonly ours: Readonly<Record<string, Use<Db, Options, ProxiedPlace>>>;
}

/** Makes a test of each program: its outcome is the same on both sides, or differs as is documented. */
export function compare<Db extends object, Options>(
  { name, engine, server, bare, ours }: Sides<Db, Options>,
  programs: readonly Program<Db, Options>[],
): void {
  describeOn(engine, `${name} does the same through the adapter`, () => {
    let side: BareSide;
    let ourSide: OurSide;

    beforeAll(async () => {
      [side, ourSide] = await Promise.all([
        createBareSide(engine, server()),
        createOurSide(engine, server()),
      ]);
    });
    afterAll(async () => {
      await Promise.all([side.drop(), ourSide.drop()]);
      console.log(report(name, side.database.server, Object.keys(ours), programs));
    });

    test.each(programs.map((program) => [program.name, program] as const))("%s", async (_, program) => {
      const { options } = program;
      const differs = differenceOn(side.database.server, program);
      if (differs) expectDocumented(differs.docs);
      const expected = await side.withPlace((place, recorder) =>
        runProgram(program, side.database, recorder, (work) => bare(place, options, work)),
      );
      for (const [way, use] of Object.entries(ours)) {
        const outcome = await runProgram(program, ourSide.database, recordOf(ourSide.proxy), (work) =>
          use(connectTo(ourSide.proxy), options, work),
        );
        if (differs) expect(outcome, `${way} is the same by now: take \`differs\` out`).not.toBe(expected);
        else expect(outcome, way).toBe(expected);
      }
    });
  });
}

interface BareSide {
  readonly database: SideDatabase;
  withPlace(run: (place: DatabaseServer, recorder: Recorder) => Promise<string>): Promise<string>;
  drop(): Promise<void>;
}

async function createBareSide(engine: "postgres" | "mysql", server: DatabaseServer): Promise<BareSide> {
  const database = await createDatabase(engine, server);
  return {
    database,
    async withPlace(run) {
      await using tap = await startTap(engine, server);
      return await run({ ...server, host: tap.host, port: tap.port, database: database.name }, tap);
    },
    drop: () => database.drop(),
  };
}

interface OurSide {
  readonly database: SideDatabase;
  readonly proxy: LocalProxy;
  drop(): Promise<void>;
}

async function createOurSide(engine: "postgres" | "mysql", server: DatabaseServer): Promise<OurSide> {
  const database = await createDatabase(engine, server);
  const upstream = { ...server, database: database.name };
  const proxy = await startLocalProxy({ engine, upstream, recordMessages: true });
  return {
    database,
    proxy,
    async drop() {
      await proxy.close();
      await database.drop();
    },
  };
}

/** What clients send that connect from now on. */
function recordOf(proxy: LocalProxy): Recorder {
  const connectionsBefore = proxy.metrics().ClientConnectionsReceived;
  return {
    port: proxy.port,
    messages: () => proxy.messages().filter(({ connection }) => connection > connectionsBefore),
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
  let messagesOfProgram = 0;
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
      messagesOfProgram = recorder.messages().length;
    });
  });
  for (const [label, value] of observed) record(label, value);
  lines.push("messages:", ...messageLines(program, sentMessages(recorder, messagesOfProgram), names));
  lines.push("tables:", await database.dump());
  return lines.join("\n");
}

/**
 * Without what ends a connection or its use. After an error MySQL does not say whether a transaction is open, so that a
 * ROLLBACK follows when the connection is given back; a program's own shows in its tables.
 */
function sentMessages(recorder: Recorder, messagesOfProgram: number): readonly SentMessage[] {
  return recorder.messages().filter(({ type, text }, i) => {
    if (type === "Terminate" || type === "COM_QUIT") return false;
    return text !== "rollback" || (type !== "COM_QUERY" && i < messagesOfProgram);
  });
}

function messageLines(
  { messages = "in order" }: Pick<Program<unknown>, "messages">,
  sent: readonly SentMessage[],
  names: Names,
): readonly string[] {
  if (messages === "not at all") return [];
  const lines = sent.map(({ type, text, statementName }) =>
    [
      type,
      type === "Parse" ? statementName : undefined,
      type === "COM_QUERY" ? withPlainLiterals(text ?? "") : text,
    ]
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

function differenceOn<Db, Options>(
  server: SideDatabase["server"],
  { differs }: Program<Db, Options>,
): Difference | undefined {
  return differs?.on === undefined || differs.on === server ? differs : undefined;
}

function report<Db, Options>(
  name: string,
  server: SideDatabase["server"],
  ways: readonly string[],
  programs: readonly Program<Db, Options>[],
): string {
  const different = programs.filter((program) => differenceOn(server, program));
  return [
    `${name} on ${server}, ${ways.join(", ")}: ${programs.length} programs, ${different.length} of them differ${different.length ? ":" : ""}`,
    ...different.map(({ name: program, differs }) => `  ${program}: ${differs?.reason} (${differs?.docs})`),
  ].join("\n");
}
