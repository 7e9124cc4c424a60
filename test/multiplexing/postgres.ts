import type { Upstream } from "@rds-proxy/local-proxy";
import pg from "pg";
import {
  errorFields,
  RawClient,
  type RawMessage,
  rawMessage,
} from "../../packages/local-proxy/src/testing/raw-client.js";
import { type Engine, orEnded, password, SessionEnded, turns, user } from "./engine.js";
import { expectAnswer } from "./ledger.js";
import { type Operation, RandomSession } from "./random-session.js";

const query = (text: string): Buffer => rawMessage("Q", `${text}\0`);
const parse = (text: string, name = ""): Buffer => rawMessage("P", `${name}\0${text}\0\0\0`);
const bind = (name = ""): Buffer => rawMessage("B", `\0${name}\0\0\0\0\0\0\0`);
const describe = rawMessage("D", "P\0");
const execute = rawMessage("E", "\0\0\0\0\0");
const sync = rawMessage("S");
const flush = rawMessage("H");
const copyDone = rawMessage("c");

// Codes of a session that ended, or that got no database connection in time.
const endings = new Set(["57P01", "57P02", "57P03", "08000"]);

/** PostgreSQL at this address, which a superuser can use. */
export function createPostgres(server: Upstream): Engine {
  const admin = new pg.Client({ ...server });
  admin.on("error", () => {});
  return {
    name: "postgres",
    async prepare() {
      await admin.connect();
      await admin.query(`do $$ begin if not exists (select from pg_roles where rolname = '${user}')
        then create role ${user} login password '${password}'; end if; end $$`);
      await admin.query(`drop table if exists multiplexing_rows; create table multiplexing_rows (token text);
        grant all on multiplexing_rows to ${user}`);
      return { ...server, user, password };
    },
    async connect(proxy, random, ledger) {
      return new PostgresSession(await orEnded(RawClient.logIn(proxy)), random, ledger);
    },
    async rows() {
      return (await admin.query("select token from multiplexing_rows")).rows.map(({ token }) => token);
    },
    async sessions() {
      const { rows } = await admin.query("select pid from pg_stat_activity where usename = $1", [user]);
      return rows.map(({ pid }) => pid);
    },
    async kill(session) {
      await admin.query("select pg_terminate_backend($1)", [session]);
    },
    close: () => admin.end(),
  };
}

class PostgresSession extends RandomSession<RawClient> {
  protected readonly all: Readonly<Record<string, Operation>> = {
    query: (token) => this.#query(token),
    extended: (token) => this.#extended(token),
    pipeline: (token) => this.#pipeline(token),
    unnamed: (token) => this.#unnamed(token),
    halves: (token) => this.#halves(token),
    leave: (token) => this.leave(token),
    error: (token) => this.#error(token),
    insert: (token) => this.#insert(token),
    transaction: (token) => this.#transaction(token),
    "copy-in": (token) => this.#copyIn(token),
    "copy-that-fails": (token) => this.#copyThatFails(token),
    "copy-out": (token) => this.#copyOut(token),
    pinned: (token) => this.#pinned(token),
  };

  protected encodeQuery(text: string): Buffer {
    return query(text);
  }

  protected encodeEnd(): Buffer {
    return rawMessage("X");
  }

  async #query(token: string): Promise<undefined> {
    const length = this.random.pick([1, 10, 1000, 30_000]);
    this.client.send(query(`select '${token}', repeat('x', ${length})`));
    expectAnswer("row", rowsOf(await this.#reply()), [`${token},${"x".repeat(length)}`]);
  }

  async #extended(token: string): Promise<undefined> {
    this.client.send(parse(`select '${token}'`), bind(), describe, execute, sync);
    expectAnswer("row", rowsOf(await this.#reply()), [token]);
  }

  async #pipeline(token: string): Promise<undefined> {
    const kinds = Array.from({ length: this.random.between(2, 8) }, () =>
      this.random.pick(["query", "extended", "fails", "flushed"]),
    );
    const requests = kinds.map((kind, index) => {
      const text = `select '${token}.${index}'`;
      if (kind === "query") return query(text);
      if (kind === "fails") return Buffer.concat([parse(`${text}, no_such`), bind(), execute, sync]);
      const flushed = kind === "flushed" ? [flush] : [];
      return Buffer.concat([parse(text), ...flushed, bind(), execute, ...flushed, sync]);
    });
    await this.sendCut(Buffer.concat(requests));
    for (const [index, kind] of kinds.entries()) {
      const reply = await this.#reply();
      if (kind === "fails") expectAnswer("error", codeOf(reply), "42703");
      else expectAnswer("row", rowsOf(reply), [`${token}.${index}`]);
    }
  }

  async #unnamed(token: string): Promise<undefined> {
    this.client.send(parse(`select '${token}'`), sync);
    await this.#reply();
    for (let count = this.random.between(1, 3); count > 0; count -= 1) {
      await turns(this.random.between(0, 20));
      this.client.send(bind(), execute, sync);
      expectAnswer("row", rowsOf(await this.#reply()), [token]);
    }
  }

  async #halves(token: string): Promise<undefined> {
    const length = this.random.pick([10, 10_000, 100_000]);
    await this.sendCut(query(`select '${token}'${" ".repeat(length)}`));
    expectAnswer("row", rowsOf(await this.#reply()), [token]);
    // So long a statement pins.
    if (length > 10_000) this.hangUp();
  }

  async #error(token: string): Promise<undefined> {
    this.client.send(query(`select "${token}"`));
    const error = (await this.#reply()).find(({ type }) => type === "E");
    expectAnswer("error", error && errorFields(error).message, `column "${token}" does not exist`);
  }

  async #insert(token: string): Promise<undefined> {
    this.ledger.begin(token);
    this.client.send(query(`insert into multiplexing_rows values ('${token}') returning token`));
    expectAnswer("row", rowsOf(await this.#reply()), [token]);
    this.ledger.confirm(token, "written");
  }

  async #transaction(token: string): Promise<undefined> {
    const ask = async (text: string): Promise<string[]> => {
      this.client.send(query(text));
      return rowsOf(await this.#reply());
    };
    this.ledger.begin(token);
    await ask("begin");
    const [before] = await ask("select pg_current_xact_id(), pg_backend_pid()");
    await ask(`insert into multiplexing_rows values ('${token}')`);
    await turns(this.random.between(0, 20));
    expectAnswer("own row", await ask(`select token from multiplexing_rows where token = '${token}'`), [
      token,
    ]);
    expectAnswer("transaction", await ask("select pg_current_xact_id(), pg_backend_pid()"), [before]);
    const ending = this.random.pick(["commit", "rollback"]);
    await ask(ending);
    this.ledger.confirm(token, ending === "commit" ? "written" : "absent");
  }

  async #copyIn(token: string): Promise<undefined> {
    const rows = this.beginRows(token);
    const isExtended = this.random.next() < 0.5;
    const text = "copy multiplexing_rows from stdin";
    this.client.send(...(isExtended ? [parse(text), bind(), execute, flush] : [query(text)]));
    await this.#until("G");
    await this.sendCut(Buffer.concat(rows.map((row) => rawMessage("d", `${row}\n`))));
    this.client.send(copyDone, ...(isExtended ? [sync] : []));
    const complete = (await this.#reply()).find(({ type }) => type === "C");
    expectAnswer("tag", complete?.body.toString(), `COPY ${rows.length}\0`);
    this.confirmRows(rows);
  }

  async #copyThatFails(token: string): Promise<undefined> {
    this.ledger.confirm(token, "absent");
    this.client.send(query("copy multiplexing_rows from stdin"));
    await this.#until("G");
    const length = this.random.pick([100, 50_000, 300_000]);
    const data = Buffer.concat([
      rawMessage("d", `${token}\ttoo many columns\n`),
      rawMessage("d", `${token}\n`.repeat(length / 10)),
      copyDone,
    ]);
    await this.sendCut(data);
    expectAnswer("error", codeOf(await this.#reply()), "22P04");
    await this.#query(token);
  }

  async #copyOut(token: string): Promise<undefined> {
    const count = this.random.pick([1, 100, 5000]);
    this.client.send(query(`copy (select '${token}' from generate_series(1, ${count})) to stdout`));
    const rows = (await this.#reply()).filter(({ type }) => type === "d").map(({ body }) => body.toString());
    expectAnswer(
      "rows",
      rows,
      Array.from({ length: count }, () => `${token}\n`),
    );
  }

  async #pinned(token: string): Promise<undefined> {
    this.client.send(parse("select current_setting('my.token')", "named"), sync);
    this.client.send(query(`set my.token = '${token}'`));
    await this.#reply();
    await this.#reply();
    await turns(this.random.between(0, 20));
    this.client.send(bind("named"), execute, sync);
    expectAnswer("row", rowsOf(await this.#reply()), [token]);
    this.hangUp();
  }

  #reply(): Promise<RawMessage[]> {
    return this.#until("Z");
  }

  async #until(type: string): Promise<RawMessage[]> {
    const messages: RawMessage[] = [];
    while (messages.at(-1)?.type !== type) {
      const message = await orEnded(this.client.nextMessage());
      if (message.type === "E" && endings.has(errorFields(message).code))
        throw new SessionEnded("by an error");
      messages.push(message);
    }
    return messages;
  }
}

function rowsOf(messages: readonly RawMessage[]): string[] {
  return messages.filter(({ type }) => type === "D").map(({ body }) => columnsOf(body).join(","));
}

function columnsOf(body: Buffer): string[] {
  const columns: string[] = [];
  for (let at = 2; at < body.length; ) {
    const length = body.readInt32BE(at);
    columns.push(body.toString("utf8", at + 4, at + 4 + length));
    at += 4 + length;
  }
  return columns;
}

function codeOf(messages: readonly RawMessage[]): string | undefined {
  const error = messages.find(({ type }) => type === "E");
  return error && errorFields(error).code;
}
