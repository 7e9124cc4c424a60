import type { Upstream } from "@rds-proxy/local-proxy";
import mysql, { type RowDataPacket } from "mysql2/promise";
import {
  errorOf,
  RawMysqlClient,
  type RawPacket,
  rawCommand,
  rawPacket,
} from "../../packages/local-proxy/src/testing/raw-mysql-client.js";
import { type Engine, orEnded, password, SessionEnded, turns, user } from "./engine.js";
import { expectAnswer } from "./ledger.js";
import { type Operation, RandomSession } from "./random-session.js";

const query = (text: string): Buffer => rawCommand(3, text);

// Errors of a session that was killed, or that got no database connection in time: shutdown, interrupted query, MariaDB's
// killed connection, lost by inactivity, borrow timeout.
const endings = new Set([1053, 1317, 1927, 4031, 9501]);
// Several clients write to one table.
const deadlock = 1213;

const moreResults = 0x0008;

interface Result {
  readonly rows: string[];
  readonly errno?: number;
  readonly text?: string;
}

/** MySQL or MariaDB at this address, whose user may create users and kill sessions. */
export function createMysql(server: Upstream): Engine {
  const pool = mysql.createPool({
    ...server,
    password: server.password ?? "",
    database: server.database ?? "",
    connectionLimit: 1,
  });
  return {
    name: "mysql",
    async prepare() {
      await pool.query(`drop user if exists ${user}@'%'`);
      await pool.query(`create user ${user}@'%' identified by '${password}'`);
      await pool.query("drop table if exists multiplexing_rows");
      await pool.query("create table multiplexing_rows (token varchar(40)) engine=innodb");
      await pool.query(`grant all on ${server.database}.* to ${user}@'%'`);
      return { ...server, user, password };
    },
    async connect(proxy, random, ledger) {
      return new MysqlSession(await orEnded(RawMysqlClient.logIn(proxy)), random, ledger);
    },
    async rows() {
      const [rows] = await pool.query<RowDataPacket[]>("select token from multiplexing_rows");
      return rows.map(({ token }) => token);
    },
    async sessions() {
      const [rows] = await pool.query<RowDataPacket[]>(
        "select id as session from information_schema.processlist where user = ?",
        [user],
      );
      return rows.map(({ session }) => session);
    },
    async kill(session) {
      // It may have ended meanwhile: ER_NO_SUCH_THREAD.
      await pool.query(`kill ${session}`).catch((error: unknown) => {
        if (!(error instanceof Error && "errno" in error && error.errno === 1094)) throw error;
      });
    },
    close: () => pool.end(),
  };
}

class MysqlSession extends RandomSession<RawMysqlClient> {
  // The session's time zone, a tracked variable.
  #zone = "SYSTEM";
  protected readonly all: Readonly<Record<string, Operation>> = {
    query: (token) => this.#query(token),
    pipeline: (token) => this.#pipeline(token),
    several: (token) => this.#several(token),
    halves: (token) => this.#halves(token),
    leave: (token) => this.leave(token),
    error: (token) => this.#error(token),
    insert: (token) => this.#insert(token),
    transaction: (token) => this.#transaction(token),
    "tracked-variable": () => this.#trackedVariable(),
    "load-data": (token) => this.#loadData(token),
    "load-data-that-fails": (token) => this.#loadDataThatFails(token),
    pinned: (token) => this.#pinned(token),
    "long-data": (token) => this.#longData(token),
  };

  protected encodeQuery(text: string): Buffer {
    return query(text);
  }

  protected encodeEnd(): Buffer {
    return rawCommand(1);
  }

  async #query(token: string): Promise<undefined> {
    const length = this.random.pick([1, 10, 200]);
    const [result] = await this.#ask(`select '${token}', repeat('x', ${length}), @@time_zone`);
    expectAnswer("row", result?.rows, [`${token},${"x".repeat(length)},${this.#zone}`]);
  }

  async #pipeline(token: string): Promise<undefined> {
    const kinds = Array.from({ length: this.random.between(2, 8) }, () =>
      this.random.pick(["query", "fails", "ping"]),
    );
    const requests = kinds.map((kind, index) => {
      if (kind === "ping") return rawCommand(0x0e);
      return query(`select '${token}.${index}'${kind === "fails" ? ", no_such" : ""}`);
    });
    await this.sendCut(Buffer.concat(requests));
    for (const [index, kind] of kinds.entries()) {
      const [result] = await this.#results();
      if (kind === "fails") expectAnswer("error", result?.errno, 1054);
      else expectAnswer("rows", result?.rows, kind === "ping" ? [] : [`${token}.${index}`]);
    }
  }

  async #several(token: string): Promise<undefined> {
    const results = await this.#ask(`select '${token}.1'; do 1; select '${token}.3'`);
    expectAnswer("results", results, [{ rows: [`${token}.1`] }, { rows: [] }, { rows: [`${token}.3`] }]);
  }

  async #halves(token: string): Promise<undefined> {
    const length = this.random.pick([10, 10_000, 100_000]);
    await this.sendCut(query(`select '${token}'${" ".repeat(length)}`));
    expectAnswer("row", (await this.#results())[0]?.rows, [token]);
    // So long a statement pins.
    if (length > 10_000) this.hangUp();
  }

  async #error(token: string): Promise<undefined> {
    const [result] = await this.#ask(`select \`${token}\``);
    expectAnswer("error", [result?.errno, result?.text?.includes(`'${token}'`)], [1054, true]);
  }

  async #insert(token: string): Promise<undefined> {
    this.ledger.begin(token);
    const [result] = await this.#ask(`insert into multiplexing_rows values ('${token}')`);
    if (result?.errno === deadlock) throw new SessionEnded("by a deadlock");
    expectAnswer("result", result, { rows: [] });
    this.ledger.confirm(token, "written");
  }

  async #transaction(token: string): Promise<undefined> {
    const session = "select connection_id()";
    this.ledger.begin(token);
    await this.#ask("begin");
    await this.#ask(`insert into multiplexing_rows values ('${token}')`);
    const before = await this.#ask(session);
    await turns(this.random.between(0, 20));
    const [own] = await this.#ask(`select token from multiplexing_rows where token = '${token}'`);
    expectAnswer("own row", own?.rows, [token]);
    expectAnswer("session", await this.#ask(session), before);
    const ending = this.random.pick(["commit", "rollback"]);
    await this.#ask(ending);
    this.ledger.confirm(token, ending === "commit" ? "written" : "absent");
  }

  async #trackedVariable(): Promise<undefined> {
    const zone = `+0${this.random.between(1, 3)}:00`;
    expectAnswer("result", await this.#ask(`set time_zone = '${zone}'`), [{ rows: [] }]);
    this.#zone = zone;
  }

  async #loadData(token: string): Promise<undefined> {
    const rows = this.beginRows(token);
    const result = await this.#sendFile(
      "multiplexing_rows",
      rows.map((row) => Buffer.from(`${row}\n`)),
    );
    expectAnswer("result", result, [{ rows: [] }]);
    this.confirmRows(rows);
  }

  async #loadDataThatFails(token: string): Promise<undefined> {
    const long = Buffer.from(`${token}\n`.repeat(this.random.pick([10, 10_000, 40_000])));
    const [result] = await this.#sendFile("multiplexing_rows (no_such_column)", [long]);
    expectAnswer("error", result?.errno, 1054);
    await this.#query(token);
  }

  async #pinned(token: string): Promise<undefined> {
    await this.#ask(`set @token = '${token}'`);
    await turns(this.random.between(0, 20));
    expectAnswer("row", (await this.#ask("select @token"))[0]?.rows, [token]);
    this.hangUp();
  }

  async #longData(token: string): Promise<undefined> {
    this.client.send(rawCommand(0x16, "select ?"));
    const prepared = await this.#next();
    const id = prepared.payload.subarray(1, 5);
    // The definitions of one parameter and one column, each with its end.
    for (let packet = 0; packet < 4; packet += 1) await this.#next();
    const value = token.padEnd(this.random.pick([20, 10_000, 100_000]), "y");
    const data = Buffer.concat([id, Buffer.alloc(2), Buffer.from(value)]);
    await this.sendCut(rawCommand(0x18, data));
    const count = Buffer.from([0, 1, 0, 0, 0]);
    // No NULLs, new types: one VAR_STRING.
    this.client.send(rawCommand(0x17, Buffer.concat([id, count, Buffer.from([0, 1, 0xfd, 0])])));
    const head = await this.#next();
    if (head.payload[0] === 0xff) expectAnswer("result", errorOf(head), "rows");
    for (let packet = 0; packet < 2; packet += 1) await this.#next();
    const row = await this.#next();
    expectAnswer("value", row.payload.includes(value), true);
    this.hangUp();
  }

  async #sendFile(target: string, packets: readonly Buffer[]): Promise<Result[]> {
    this.client.send(query(`load data local infile 'f' into table ${target}`));
    const reply = await this.#next();
    // The server may refuse it before it asks for the file.
    if (reply.payload[0] === 0xff) return [resultOfError(reply)];
    expectAnswer("request", reply.payload[0], 0xfb);
    const file = packets.map((packet, index) => rawPacket((index + 2) % 256, packet));
    await this.sendCut(Buffer.concat([...file, rawPacket((packets.length + 2) % 256, "")]));
    return await this.#results();
  }

  async #ask(text: string): Promise<Result[]> {
    this.client.send(query(text));
    return await this.#results();
  }

  async #results(): Promise<Result[]> {
    const results: Result[] = [];
    for (let status = moreResults; (status & moreResults) !== 0; ) {
      const head = await this.#next();
      const { payload } = head;
      if (payload[0] === 0xff) return [...results, resultOfError(head)];
      if (payload[0] === 0) {
        // Two numbers of one byte each come before the status.
        status = payload.readUInt16LE(3);
        results.push({ rows: [] });
        continue;
      }
      for (let packet = 0; packet <= (payload[0] ?? 0); packet += 1) await this.#next();
      const rows: string[] = [];
      let packet = await this.#next();
      for (; !isEnd(packet); packet = await this.#next()) {
        if (packet.payload[0] === 0xff) return [...results, resultOfError(packet)];
        rows.push(columnsOf(packet.payload).join(","));
      }
      status = packet.payload.readUInt16LE(3);
      results.push({ rows });
    }
    return results;
  }

  async #next(): Promise<RawPacket> {
    const packet = await orEnded(this.client.nextPacket());
    if (packet.payload[0] === 0xff && endings.has(errorOf(packet).errno))
      throw new SessionEnded("by an error");
    return packet;
  }
}

function resultOfError(packet: RawPacket): Result {
  const { errno, text } = errorOf(packet);
  return { rows: [], errno, text };
}

function isEnd({ payload }: RawPacket): boolean {
  return payload[0] === 0xfe && payload.length < 9;
}

/** The columns of a row, of up to 250 bytes each. */
function columnsOf(payload: Buffer): string[] {
  const columns: string[] = [];
  for (let at = 0; at < payload.length; ) {
    const length = payload.readUInt8(at);
    columns.push(payload.toString("utf8", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return columns;
}
