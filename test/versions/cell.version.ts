import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import mysql, { type RowDataPacket } from "mysql2/promise";
import pg from "pg";
import { describe, expect, inject, test } from "vitest";

const { cell, packages } = inject("setup");

// Without these the tests would pass on the usual versions and settings again.
describe("the cell has", () => {
  test(`Node.js ${cell.node}`, () => {
    expect(`${process.versions.node}.`).toContain(`${cell.node}.`);
  });

  test.each(Object.keys(packages?.versions ?? {}))("%s from its own folder", async (name) => {
    const { load }: { load: (name: string) => Promise<unknown> } = await import(packages?.importer ?? "");
    expect(exportsOf(await import(/* @vite-ignore */ name))).toBe(exportsOf(await load(name)));
  });

  test("PostgreSQL", async () => {
    const client = new pg.Client(inject("postgres"));
    await client.connect();
    const setting = async (name: string): Promise<unknown> =>
      (await client.query(`select reset_val from pg_settings where name = '${name}'`)).rows[0].reset_val;
    expect(await setting("server_version")).toMatch(new RegExp(`^${cell.postgres}\\.`));
    expect(await setting("standard_conforming_strings")).toBe(cell.quoting === "default" ? "on" : "off");
    await client.end();
  });

  test("MySQL or MariaDB", async () => {
    const connection = await mysql.createConnection(inject("mysql"));
    const [[row]] = await connection.query<RowDataPacket[]>(
      "select version() as version, @@lc_messages as language, @@sql_mode as mode, @@character_set_server as charset",
    );
    expect(row?.["version"].includes("MariaDB")).toBe(cell.mysql === "mariadb");
    expect(row?.["language"]).toBe(cell.language === "german" ? "de_DE" : "en_US");
    expect(row?.["mode"].includes("ANSI_QUOTES")).toBe(cell.quoting === "other");
    expect(row?.["charset"].startsWith(cell.encoding)).toBe(true);
    await connection.end();
  });

  test(`TLS ${cell.tls}`, async () => {
    const proxy = await startLocalProxy({ engine: "postgres", upstream: inject("postgres") });
    const socket = connect(proxy.port, "127.0.0.1");
    // SSLRequest: https://www.postgresql.org/docs/current/protocol-message-formats.html
    socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
    await once(socket, "data");
    const encrypted = connectTls({ socket, ca: proxy.ca, servername: "localhost" });
    await once(encrypted, "secureConnect");
    expect(encrypted.getProtocol()).toBe(`TLSv${cell.tls}`);
    encrypted.destroy();
    await proxy.close();
  });
});

/** CommonJS modules have theirs in `default`. */
function exportsOf(module: unknown): unknown {
  return Reflect.get(Object(module), "default") ?? module;
}
