import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { systemRuntime } from "@rds-proxy/core/internal";
import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import { beforeEach, expect, inject, onTestFinished, test } from "vitest";
import { runCommand } from "../../packages/doctor/src/command/run-command.js";
import { KEY, keepFromSts } from "../support/doctor.js";
import { describeOn, testOn } from "../support/tested-engines.js";

const HOST = "shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com";
/** A user of the proxy, whatever the server's own is called. */
const USER = "app";
beforeEach(keepFromSts);

describeOn("postgres", "the text report", () => {
  test("of a healthy connection", async () => {
    const proxy = await startProxy({ targetRole: "read-only" });
    const { exitCode, written } = await run(["--ca-file", proxy.caFile], {
      ...proxy.environment,
      RDS_PROXY_USER: USER,
    });
    expect(exitCode).toBe(0);
    expect(withoutChance(written)).toMatchInlineSnapshot(`
      "ok       options      N ms
               engine       postgres  (default)
               host         localhost  (RDS_PROXY_ENDPOINT)
               port         PORT  (RDS_PROXY_ENDPOINT)
               user         app  (RDS_PROXY_USER)
               database     DATABASE  (RDS_PROXY_DATABASE)
               region       us-east-1  (AWS_REGION)
               signed host  localhost  (the host)
               signed port  PORT  (the port)
               endpoint     not an RDS name: a tunnel, a CNAME or a local proxy  (the signed host's name)
               more roots   1  (--ca-file)
               more roots   FILE  (NODE_EXTRA_CA_CERTS)
      ok       dns          N ms
               address  127.0.0.1 (loopback)
      ok       tcp          N ms
               from  127.0.0.1:PORT
               to    127.0.0.1:PORT
      ok       tls          N ms
               version        TLSv1.3
               expected name  localhost
               names          localhost, 127.0.0.1
               certificate    Local RDS Proxy, issued by Local RDS Proxy CA ID, until DATE
               certificate    Local RDS Proxy CA ID, issued by Local RDS Proxy CA ID, until DATE
               root           Local RDS Proxy CA ID: from ssl.ca
      ok       credentials  N ms
               source      the environment variables
               access key  ASIA…MPLE
               kind        temporary
               expires     not known
               account     not known: STS cannot be reached from here (connect ECONNREFUSED 127.0.0.1:PORT)
      ok       token        N ms
               signed for      localhost:PORT
               user            app
               region          us-east-1
               signed at       TIME
               accepted until  TIME
      ok       login        N ms
               user  app
      ok       query        N ms
      WARNING  server       N ms
               version       PostgreSQL
               server        127.0.0.1
               session user  USER
               database      DATABASE
               read only     yes

               The server rejects writes.

               Likely causes, the most likely first:
               1. localhost is a reader endpoint (TargetRole READ_ONLY).
                  If the function only reads, set \`targetRole\` (--target-role) to read-only; for writes use the
                  proxy's default endpoint.
               2. A failover has just turned the writer into a reader.
                  Try again in a minute, and check the events of the cluster.
               3. The user, the database or a parameter group makes transactions read-only by default.
                  Check default_transaction_read_only in pg_db_role_setting and in the parameter group.

      Healthy, in N ms, with a warning: server.
      "
    `);
  });

  test("of a role that is not allowed to log in, through a tunnel", async () => {
    const proxy = await startProxy({ deniedUsers: [USER], endpointNames: [HOST], region: "eu-west-1" });
    const { RDS_PROXY_DATABASE: _, ...environment } = proxy.environment;
    const flags = ["--ca-file", proxy.caFile, "--signing-host", HOST, "--database", "shop"];
    const { exitCode, written } = await run(flags, { ...environment, RDS_PROXY_USER: USER });
    expect(exitCode).toBe(1);
    expect(withoutChance(written).replace(/^(?:.*\n)*ok {7}token/, "ok       token")).toMatchInlineSnapshot(`
      "ok       token        N ms
               signed for      shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com:5432
               user            app
               region          eu-west-1
               signed at       TIME
               accepted until  TIME
      FAILED   login        N ms
               kind             auth
               library retries  once, with a new token

               The login failed: The IAM authentication failed for the role app. Check the IAM token for this role
               and try again (28P01).

               Likely causes, the most likely first:
               1. No policy allows the role to log in as app: rds-db:connect is missing, or for another resource or
                  user.
                  Add the statement to the policies of the role. The resource is the proxy's id (prx-…), not the
                  database's; the command prints it. ACCOUNT is the account that owns it.
                    {
                      "Effect": "Allow",
                      "Action": "rds-db:connect",
                      "Resource": "arn:aws:rds-db:eu-west-1:ACCOUNT:dbuser:prx-ID/app"
                    }
                    aws rds describe-db-proxies --region eu-west-1 --query "DBProxies[?Endpoint=='shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com'].DBProxyArn" --output text
               2. The proxy has no secret for the user app, or one whose IAMAuth is not REQUIRED.
                  Register a secret for the user, with IAMAuth REQUIRED. User names are case-sensitive.
                    aws rds modify-db-proxy --db-proxy-name NAME --auth '[{"AuthScheme":"SECRETS","SecretArn":"ARN","IAMAuth":"REQUIRED"}]'
               3. The credentials belong to another account than the proxy.
                  Assume a role in the proxy's account (\`roleArn\`, --role-arn).
               4. The secret access key does not belong to the access key id, or a character is missing: only the
                  signature shows it.
                  Copy both again, and test them:
                    aws sts get-caller-identity
               5. The clock of this machine is wrong by minutes: it shows TIME.
                  Synchronize it with NTP.

      -        query        not reached
      -        server       not reached

      Not healthy: login failed, after N ms.
      "
    `);
  });

  test("of a missing option", async () => {
    const { exitCode, written } = await run(["--host", HOST], {});
    expect(exitCode).toBe(1);
    expect(withoutChance(written)).toMatchInlineSnapshot(`
      "FAILED   options      N ms

               user: expected a database user, received none. Set the option \`user\`, RDS_PROXY_USER or PGUSER.

               Likely causes, the most likely first:
               1. It is not set for this process, or has a wrong value.
                  Set it in the function's environment, in the shell, as a flag or as an option. This lists the
                  variables set:
                    env | cut -d= -f1 | grep -E '^(RDS_PROXY|PG|MYSQL|AWS)_?'

      -        dns          not reached
      -        tcp          not reached
      -        tls          not reached
      -        credentials  not reached
      -        token        not reached
      -        login        not reached
      -        query        not reached
      -        server       not reached

      Not healthy: options failed, after N ms.
      "
    `);
  });
});

testOn(
  "postgres",
  "a terminal with colours gets the outcomes in colour, and nothing else differs",
  async () => {
    const [plain, coloured] = [await run(["--host", HOST], {}), await run(["--host", HOST], {}, true)];
    expect(plain.written).not.toContain("\u001b");
    expect(coloured.written.startsWith("\u001b[31mFAILED  \u001b[39m")).toBe(true);
    expect(withoutChance(stripVTControlCharacters(coloured.written))).toBe(withoutChance(plain.written));
  },
);

describeOn("postgres", "JSON", () => {
  test("is the report, as plain values", async () => {
    const server = createServer();
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await once(server.close(), "close");
    const flags = ["--json", "--engine", "mysql", "--host", "127.0.0.1", "--port", String(port)];
    const { exitCode, written } = await run([...flags, "--user", "app", "--region", "eu-west-1"], {});
    expect(exitCode).toBe(1);
    const report: unknown = JSON.parse(written);
    expect(report).toMatchObject({ isHealthy: false, durationMs: expect.any(Number) });
    const steps: unknown = Reflect.get(Object(report), "steps");
    expect(steps).toMatchObject([
      {
        step: "options",
        outcome: "ok",
        facts: expect.arrayContaining([
          { name: "engine", value: "mysql", origin: "--engine" },
          { name: "port", value: port, origin: "--port" },
        ]),
        causes: [],
      },
      { step: "dns", outcome: "ok" },
      {
        step: "tcp",
        outcome: "failed",
        durationMs: expect.any(Number),
        problem: expect.stringContaining("ECONNREFUSED"),
        facts: [],
        causes: expect.arrayContaining([{ cause: expect.any(String), remedy: expect.any(String) }]),
      },
      { step: "tls", outcome: "not reached", durationMs: 0, facts: [], causes: [] },
      { step: "credentials", outcome: "not reached" },
      { step: "token", outcome: "not reached" },
      { step: "login", outcome: "not reached" },
      { step: "query", outcome: "not reached" },
      { step: "server", outcome: "not reached" },
    ]);
  });
});

describeOn("postgres", "wrong usage", () => {
  test.each([
    [["--hots", "x"], "Unknown option '--hots'. See rds-proxy-doctor --help.\n"],
    [["--host"], "Option '--host <value>' argument missing. See rds-proxy-doctor --help.\n"],
    [
      ["--port", "pg"],
      '--port: expected a whole number from 1 to 65535, got "pg". See rds-proxy-doctor --help.\n',
    ],
    [
      ["--timeout", "0"],
      '--timeout: expected a whole number from 1, got "0". See rds-proxy-doctor --help.\n',
    ],
    [
      ["--engine", "oracle"],
      '--engine: expected postgres, or mysql for MySQL and MariaDB, got "oracle". See rds-proxy-doctor --help.\n',
    ],
    [
      ["--ca-file", "/nowhere.pem"],
      '--ca-file: expected a file with PEM certificates, got "/nowhere.pem": it does not exist. See rds-proxy-doctor --help.\n',
    ],
    [["pins", "--hots"], "Unknown option '--hots'. See rds-proxy-doctor pins --help.\n"],
    [
      ["pins", "--engine", "oracle"],
      '--engine: expected postgres, or mysql for MySQL and MariaDB, got "oracle". See rds-proxy-doctor pins --help.\n',
    ],
    [
      ["postgres://app:hunter2@db"],
      "Every value needs a flag, such as --host NAME. See rds-proxy-doctor --help.\n",
    ],
  ] as const)("%j exits with 2", async (args, message) => {
    const { exitCode, written, told } = await run(args, {});
    expect({ exitCode, written }).toEqual({ exitCode: 2, written: "" });
    expect(told).toBe(message);
    expect(told).not.toContain("hunter2");
  });

  test("pins says which files and folders do not exist, and reads the others", async () => {
    const { exitCode, written, told } = await run(["pins", "/nowhere", "packages/doctor/src/index.ts/a"], {});
    expect({ exitCode, told }).toEqual({ exitCode: 2, told: "" });
    expect(written).toBe(
      "/nowhere: not read: it does not exist\n" +
        "packages/doctor/src/index.ts/a: not read: a part of its path is not a folder\n" +
        "0 files: 0 statements pin, 0 more leave session state.\n",
    );
    const both = await run(["pins", "/nowhere", "packages/doctor/src/index.ts"], {});
    expect(both.written).toContain("1 file: 0 statements pin");
  });

  test("--help exits with 0", async () => {
    const { exitCode, written } = await run(["--help"], {});
    expect(exitCode).toBe(0);
    expect(written).toMatch(/^ {2}--signing-host NAME {2}the proxy's own endpoint/m);
  });
});

testOn("mysql", "the program writes the report and exits with its code", async () => {
  const proxy = await startLocalProxy({ engine: "mysql", upstream: inject("mysql") });
  onTestFinished(() => proxy.close());
  const program = fileURLToPath(new URL("../../packages/doctor/src/command/bin.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    ["--conditions=@rds-proxy/source", "--import", "tsx", program, "--engine", "mysql"],
    {
      env: { PATH: process.env["PATH"], AWS_ENDPOINT_URL_STS: "http://127.0.0.1:1", ...proxy.environment },
    },
  );
  let written = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    written += text;
  });
  expect(await once(child, "close")).toEqual([0, null]);
  expect(written).toMatch(/^ok {7}server/m);
  expect(written).toContain(": from NODE_EXTRA_CA_CERTS");
});

async function startProxy(options: Partial<LocalProxyOptions>): Promise<LocalProxy> {
  const upstream = inject("postgres");
  const proxy = await startLocalProxy({
    engine: "postgres",
    upstream,
    users: { [USER]: { user: upstream.user, password: upstream.password } },
    credentials: [KEY],
    port: 0,
    ...options,
  });
  onTestFinished(() => proxy.close());
  return proxy;
}

async function run(args: readonly string[], env: Readonly<Record<string, string>>, hasColors = false) {
  let written = "";
  let told = "";
  const output = {
    hasColors,
    write(text: string): void {
      written += text;
    },
    tell(text: string): void {
      told += text;
    },
  };
  const exitCode = await runCommand(args, output, { ...systemRuntime, env });
  for (const secret of [...Object.values(KEY), "X-Amz-Signature"]) {
    expect(written + told).not.toContain(secret);
  }
  return { exitCode, written, told };
}

/** Replaces the parts that differ between runs. */
function withoutChance(text: string): string {
  const { user, database } = inject("postgres");
  return text
    .replace(new RegExp(`^( +session user +)${user}$`, "m"), "$1USER")
    .replace(new RegExp(`^( +database +)${database}\\b`, "gm"), "$1DATABASE")
    .replace(/\b\d+ ms\b/g, "N ms")
    .replace(/(localhost|127\.0\.0\.1):\d+/g, "$1:PORT")
    .replace(/^( +port +)\d+/m, "$1PORT")
    .replace(/^( +signed port +)\d+(?= +\(the port\))/m, "$1PORT")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replace(/\d{4}-\d\d-\d\d$/gm, "DATE")
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID")
    .replace(/\/\S+\/ca\.pem/, "FILE")
    .replace(/^( +version +)PostgreSQL .*$/m, "$1PostgreSQL");
}
