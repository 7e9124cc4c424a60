import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import { freePort } from "../../packages/local-proxy/src/databases/free-port.js";
import { runProgram } from "./run-program.js";

const longestStartMs = 20_000;

/** A PgBouncer in transaction mode, with TLS for its clients, that accepts them without a password. */
export async function startPgBouncer(
  upstream: DatabaseServer,
  poolSize: number,
  settingLines = "",
): Promise<{ port: number; ca: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-pgbouncer-"));
  const port = await freePort();
  const [key, certificate, users, settings] = ["key", "certificate", "users", "ini"].map((name) =>
    join(folder, name),
  );
  if (!key || !certificate || !users || !settings) throw new Error("a file's name is missing");
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await runProgram("openssl", [...request, "-subj", "/CN=localhost", "-keyout", key, "-out", certificate]);
  await writeFile(users, `"${upstream.user}" "${upstream.password}"\n`);
  await writeFile(
    settings,
    `[databases]
${upstream.database} = host=${upstream.host} port=${upstream.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
max_client_conn = 2000
default_pool_size = ${poolSize}
client_tls_sslmode = require
client_tls_key_file = ${key}
client_tls_cert_file = ${certificate}
${settingLines}
`,
  );
  // PgBouncer does not run as root; the user that it changes to has to read these.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    await chmod(folder, 0o755);
    await Promise.all([key, certificate, users, settings].map((file) => chmod(file, 0o644)));
  }
  const child = spawn("pgbouncer", [...(isRoot ? ["-u", "daemon"] : []), settings], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const deadline = performance.now() + longestStartMs;
  while (!(await isListening(port))) {
    if (child.exitCode !== null || performance.now() > deadline)
      throw new Error(`pgbouncer did not start:\n${output}`);
    await delay(20);
  }
  return {
    port,
    ca: await readFile(certificate, "utf8"),
    async stop() {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const outcome = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
  });
  socket.destroy();
  return outcome;
}
