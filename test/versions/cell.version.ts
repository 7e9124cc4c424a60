import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { connect as connectTls } from "node:tls";
import { promisify } from "node:util";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import mysql, { type RowDataPacket } from "mysql2/promise";
import pg from "pg";
import { describe, expect, inject, test } from "vitest";
import { ZONES } from "./zones.js";

const { cell, packages } = inject("setup");

const installed = packages.groups.flatMap(({ versions, importer }) =>
  Object.entries(versions).map(([name, version]) => ({ name, version, importer })),
);

// Without these the tests would pass on the usual versions and settings again.
describe("the cell has", () => {
  test(`Node.js ${cell.node}, here and in processes of tests`, async () => {
    expect(`${process.versions.node}.`.startsWith(`${cell.node}.`), process.versions.node).toBe(true);
    for (const program of [process.execPath, "node"]) {
      const { stdout } = await promisify(execFile)(program, ["--version"]);
      expect(stdout.trim(), program).toBe(process.version);
    }
  });

  test.each(installed)("$name $version", async ({ name, version, importer }) => {
    const file = join(dirname(importer), "node_modules", name, "package.json");
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ name, version });
  });

  // Prisma's command has nothing to import, its client has it once it is generated, and its adapter has other imports here.
  test.each(installed.filter(({ name }) => !name.includes("prisma")))(
    "$name from its own folder",
    async ({ name, importer }) => {
      const { load }: { load: (name: string) => Promise<unknown> } = await import(
        /* @vite-ignore */ importer
      );
      expect(exportsOf(await import(/* @vite-ignore */ name))).toBe(exportsOf(await load(name)));
    },
  );

  if (cell.prisma !== "newest") {
    test(`a client of Prisma ${cell.prisma}, which the example imports`, async () => {
      const path = "./generated/client.js";
      const client: { Prisma: { prismaVersion: unknown } } = await import(/* @vite-ignore */ path);
      expect(client.Prisma.prismaVersion).toMatchObject({ client: cell.prisma });
    });
  }

  test("PostgreSQL", async () => {
    const client = new pg.Client(inject("postgres"));
    await client.connect();
    const setting = async (name: string): Promise<unknown> =>
      (await client.query(`select reset_val from pg_settings where name = '${name}'`)).rows[0].reset_val;
    expect(await setting("server_version")).toMatch(new RegExp(`^${cell.postgres}\\.`));
    expect(await setting("TimeZone")).toBe(ZONES[cell.zone].name);
    expect(await setting("standard_conforming_strings")).toBe(cell.quoting === "default" ? "on" : "off");
    // pg asks for UTF8 in each session, so that the server's own is in its command line only.
    const { rows } = await client.query("select pg_read_file('postmaster.opts') as command");
    expect(rows[0].command).toContain(`client_encoding=${cell.encoding}`);
    await client.end();
  });

  test("MySQL or MariaDB", async () => {
    const connection = await mysql.createConnection(inject("mysql"));
    const [[row]] = await connection.query<RowDataPacket[]>(
      `select version() as version, @@global.time_zone as zone, @@global.max_allowed_packet as packet,
        @@global.sql_mode as mode, @@global.character_set_server as charset`,
    );
    expect(row?.["version"].includes("MariaDB")).toBe(cell.mysql === "mariadb");
    expect(row?.["zone"]).toBe(ZONES[cell.zone].offset);
    expect(row?.["packet"]).toBe(cell.packet === "small" ? 1024 ** 2 : 128 * 1024 ** 2);
    expect(row?.["mode"].includes("ANSI_QUOTES,NO_BACKSLASH_ESCAPES")).toBe(cell.quoting === "other");
    expect(row?.["charset"].startsWith(cell.encoding)).toBe(true);
    await expect(connection.query("select * from missing_in_cell")).rejects.toThrow(
      cell.language === "german" ? "existiert nicht" : "doesn't exist",
    );
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
