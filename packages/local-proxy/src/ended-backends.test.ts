import { createServer, type Socket } from "node:net";
import { expect, inject } from "vitest";
import type { Upstream } from "./index.js";
import { eventually } from "./testing/eventually.js";
import { connectClient } from "./testing/proxied-client.js";
import { RawMysqlClient, rawCommand } from "./testing/raw-mysql-client.js";
import {
  type ScriptedPeer,
  scriptedGreeting,
  scriptedOk,
  startScriptedMysqlServer,
} from "./testing/scripted-mysql-server.js";
import {
  scriptedFatal,
  scriptedRow,
  startScriptedPostgresServer,
} from "./testing/scripted-postgres-server.js";
import { startForTest } from "./testing/start-for-test.js";
import { startMysqlForTest } from "./testing/start-mysql-for-test.js";
import { testOn } from "./testing/tested-engines.js";

const shutdown = scriptedFatal("57P01", "terminating connection due to administrator command");
const shutdownOfMysql = Buffer.from("\xff\x1d\x04#08S01Server shutdown in progress", "latin1");

testOn(
  "postgres",
  "PostgreSQL: a FATAL behind a backend's last reply does not reach the client that gave it back",
  async () => {
    const upstream = await startScriptedPostgresServer((socket, connection) => {
      const reply = scriptedRow(`reply of ${connection}`);
      // The socket stays open, as a server's does for a moment.
      socket.write(connection === 1 ? Buffer.concat([reply, shutdown]) : reply);
    });
    const proxy = await startForTest({ upstream, maxConnections: 2 });
    const client = await connectClient(proxy);
    expect((await client.query("select 1")).rows).toEqual([{ x: "reply of 1" }]);
    expect((await client.query("select 2")).rows).toEqual([{ x: "reply of 2" }]);
    expect(client.errors).toEqual([]);
    await client.end();
  },
);

testOn(
  "postgres",
  "PostgreSQL: a FATAL for an idle backend takes it out of the pool, before the server closes it",
  async () => {
    let first: Socket | undefined;
    const upstream = await startScriptedPostgresServer((socket, connection) => {
      first ??= socket;
      socket.write(scriptedRow(`reply of ${connection}`));
    });
    const proxy = await startForTest({ upstream, maxConnections: 2 });
    const client = await connectClient(proxy);
    await client.query("select 1");
    first?.write(shutdown);
    await eventually(() => proxy.metrics().DatabaseConnections === 0);
    expect((await client.query("select 2")).rows).toEqual([{ x: "reply of 2" }]);
    await client.end();
  },
);

/**
 * A server whose OKs have the connection's number, from 1, as their affected rows.
 *
 * @param answerFirst answers the client's statement on the first connection, in place of its OK
 */
function startNumberedMysql(answerFirst: (server: ScriptedPeer, ok: Buffer) => void): Promise<Upstream> {
  let count = 0;
  return startScriptedMysqlServer(async (server) => {
    server.send(0, scriptedGreeting());
    if ((await server.next()).length === 0) return;
    server.send(2, scriptedOk);
    const mine = ++count;
    const ok = Buffer.from([0, mine, 0, 2, 0, 0, 0]);
    for (let command = await server.next(); command.length > 1; command = await server.next()) {
      const isOfClient = command.toString("latin1", 1).startsWith("select");
      if (isOfClient && mine === 1) answerFirst(server, ok);
      else server.send(1, ok);
    }
  });
}

testOn(
  "mysql",
  "MySQL: an error behind a backend's last reply does not reach the client that gave it back",
  async () => {
    const upstream = await startNumberedMysql((server, ok) =>
      server.sendTogether([1, ok], [0, shutdownOfMysql]),
    );
    const proxy = await startMysqlForTest({ upstream, maxConnections: 2 });
    const client = await RawMysqlClient.logIn(proxy);
    client.send(rawCommand(3, "select 1"));
    expect((await client.nextPacket()).payload[1]).toBe(1);
    client.send(rawCommand(3, "select 2"));
    expect((await client.nextPacket()).payload[1]).toBe(2);
    client.destroy();
  },
);

testOn(
  "mysql",
  "MySQL: a backend whose reply says that it was killed is not lent again, before the server closes it",
  async () => {
    const killed = Buffer.from("\xff\x87\x07#70100Connection was killed", "latin1");
    const upstream = await startNumberedMysql((server) => server.send(1, killed));
    const proxy = await startMysqlForTest({ upstream, maxConnections: 2 });
    const client = await RawMysqlClient.logIn(proxy);
    client.send(rawCommand(3, "select 1"));
    expect((await client.nextPacket()).payload[0]).toBe(0xff);
    client.send(rawCommand(3, "select 2"));
    expect((await client.nextPacket()).payload[1]).toBe(2);
    client.destroy();
  },
);

testOn(
  "postgres",
  "a login waits for a server that closes connections, as one behind a forwarder does while it starts",
  async () => {
    const upstream = inject("postgres");
    let refused = 0;
    const forwarder = createServer((socket) => {
      refused += 1;
      socket.destroy();
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => forwarder.once("listening", resolve));
    const address = forwarder.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    const proxy = await startForTest({ upstream: { ...upstream, port }, borrowTimeoutMs: 200 });
    const outcome = await connectClient(proxy).catch((error: unknown) => error);
    expect(outcome).toMatchObject({ code: "08000" });
    expect(refused).toBeGreaterThan(1);
    forwarder.close();
  },
);
