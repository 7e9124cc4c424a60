import { DsqlSigner } from "@aws-sdk/dsql-signer";
import { onRdsProxyEvent, type TokenSigner } from "@rds-proxy/core";
import { createDatabase } from "@rds-proxy/database";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { createCertificates } from "../../packages/core/src/testing/certificates.js";
import { addDefaultRoot } from "../../packages/core/src/testing/default-roots.js";
import { type HostileServer, startHostileServer } from "../hostile/hostile-server.js";
import { message, postgresProtocol } from "../hostile/postgres-protocol.js";
import type { Protocol } from "../hostile/protocol.js";

// A stand-in for Aurora DSQL: a server with its name, a root that Node trusts, and its errors. It checks no token.

const HOST = "abcdefghijklmnopqrstuvwxyz.dsql.eu-west-1.on.aws";
const READY = message("Z", "I");

let server: HostileServer;
/** What clients sent inside TLS. */
let received: string[] = [];

const recording: Protocol = {
  ...postgresProtocol,
  answer(chunk, isLoggedIn) {
    received.push(chunk.toString("latin1"));
    return postgresProtocol.answer(chunk, isLoggedIn);
  },
};

beforeAll(async () => {
  const certificates = await createCertificates(HOST);
  server = await startHostileServer(recording, certificates);
  return addDefaultRoot(certificates.ca);
});
afterAll(() => server.close());
beforeEach(() => {
  received = [];
  server.plan = undefined;
});

const dsql = new DsqlSigner({
  hostname: HOST,
  region: "eu-west-1",
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "secret" },
});
const admin: TokenSigner = { getAuthToken: () => dsql.getDbConnectAdminAuthToken() };

function open(options: { user?: string; signer?: TokenSigner; port?: number } = {}) {
  const database = createDatabase({
    host: "127.0.0.1",
    port: server.port,
    signingHost: HOST,
    user: "admin",
    signer: admin,
    ...options,
  });
  onTestFinished(() => database.close());
  return database;
}

/** An error as PostgreSQL's protocol sends it. */
function errorMessage(severity: string, code: string, text: string, hint = ""): Buffer {
  return message("E", `S${severity}\0V${severity}\0C${code}\0M${text}\0${hint && `H${hint}\0`}\0`);
}

const passwords = (): string[] =>
  received.filter((chunk) => chunk.startsWith("p")).map((chunk) => chunk.slice(5, -1));

test("a token of AWS's signer for DSQL logs in, to the database postgres and over verified TLS", async () => {
  const tokens: unknown[] = [];
  onTestFinished(onRdsProxyEvent("sign", ({ credentialSource }) => tokens.push(credentialSource)));
  const { rows } = await open().run((db) => db.query("select 1"));
  expect(rows).toEqual([]);
  expect(received[0]).toContain("user\0admin\0database\0postgres\0");
  expect(passwords()).toEqual([
    expect.stringMatching(new RegExp(`^${HOST}/\\?Action=DbConnectAdmin&.*%2Fdsql%2Faws4_request`)),
  ]);
  expect(tokens).toEqual(["signer"]);
});

test("another user's token is of the other kind", async () => {
  const signer = { getAuthToken: () => dsql.getDbConnectAuthToken() };
  await open({ user: "app", signer }).run((db) => db.query("select 1"));
  expect(received[0]).toContain("user\0app\0database\0postgres\0");
  expect(passwords()).toEqual([expect.stringContaining("Action=DbConnect&")]);
});

test("a server whose root Node does not trust gets no token", async () => {
  const stranger = await startHostileServer(recording, await createCertificates(HOST));
  onTestFinished(() => stranger.close());
  await expect(open({ port: stranger.port }).run((db) => db.query("select 1"))).rejects.toMatchObject({
    code: "RDS_PROXY_TLS",
  });
  expect(received).toEqual([]);
});

test("a refused token is signed again once, and the error says where DSQL tells the reason", async () => {
  const hint = "Wrong user to action mapping. user: admin, action: DbConnect";
  const refusal = errorMessage("FATAL", "08006", "unable to accept connection, access denied", hint);
  server.plan = { stage: "welcome", attack: (socket) => socket.end(refusal) };
  await expect(open().run((db) => db.query("select 1"))).rejects.toMatchObject({
    code: "RDS_PROXY_AUTHENTICATION_FAILED",
    attempts: 2,
    message: expect.stringContaining("Aurora DSQL refused the token; the `hint` of the cause says why."),
    cause: { hint },
  });
  expect(passwords()).toHaveLength(2);
});

test("a conflict reaches the handler as it came, its statement is not sent again, and the connection is kept", async () => {
  const conflict = errorMessage(
    "ERROR",
    "40001",
    "change conflicts with another transaction, please retry: (OC000)",
  );
  const statements = (): number => received.filter((chunk) => chunk.startsWith("Q")).length;
  const ends: unknown[] = [];
  onTestFinished(onRdsProxyEvent("release", () => ends.push("kept")));
  onTestFinished(onRdsProxyEvent("discard", ({ reason }) => ends.push(reason)));
  const database = open();
  server.plan = {
    stage: "answer to a statement",
    attack: (socket) => socket.write(Buffer.concat([conflict, READY])),
  };
  await expect(database.run((db) => db.query("update orders set total = 1"))).rejects.toMatchObject({
    code: "40001",
    message: expect.stringContaining("OC000"),
  });
  expect(statements()).toBe(1);
  expect(ends).toEqual(["kept"]);
});
