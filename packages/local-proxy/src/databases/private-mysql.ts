import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { findProgram } from "./find-program.js";
import { freePort } from "./free-port.js";
import type { DatabaseServer, RunningServer } from "./running-server.js";

const run = promisify(execFile);
const startTimeoutMs = 60_000;

/** The data need not survive a power failure. */
const fastSettings = [
  "innodb-flush-log-at-trx-commit=0",
  "innodb-flush-method=nosync",
  "innodb-doublewrite=OFF",
  "skip-log-bin",
];

// A private folder and port, apart from a server that runs as a service.
const ownSettings = [
  "bind-address=127.0.0.1",
  "skip-name-resolve",
  // The X plugin would listen on a second port. "loose": MariaDB does not have it.
  "loose-mysqlx=OFF",
  // MySQL does not start without the folder that it was built with.
  "secure-file-priv=",
];

/** The program of a MySQL or MariaDB server, and how to run it. */
export interface MysqlProgram {
  /** The server's path, or that of a loader which runs it. */
  readonly command: string;
  /** Arguments ahead of the server's own: for a loader, its options and the server's path. Default: none. */
  readonly args?: readonly string[];
  /** Lines of a my.cnf that say where its files are, such as `basedir=/opt/mysql`. Default: as it was built. */
  readonly settings?: readonly string[];
}

/**
 * Starts a private MySQL or MariaDB, on any free port of 127.0.0.1 and with a random password. `stop` removes its folder.
 *
 * Rejects with an `Error` that says what to install if no server is found, or with the server's output if it does not
 * start.
 *
 * @param settings lines of a my.cnf, such as `max-connections=200`
 * @param program default: the installed one that `findMysqlServer` finds
 */
export async function startPrivateMysql(
  settings: readonly string[] = [],
  program: MysqlProgram = installedProgram(),
): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), "local-rds-proxy-mysql-"));
  const server = {
    host: "127.0.0.1",
    port: await freePort(),
    user: "admin",
    password: randomUUID(),
    database: "test",
  };
  try {
    const child = await startInFolder(program, folder, server, settings);
    return {
      ...server,
      async stop() {
        await stopServer(child);
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The path of an installed MySQL or MariaDB server, if there is one. */
export function findMysqlServer(): string | undefined {
  return findProgram(["mariadbd", "mysqld"]);
}

function installedProgram(): MysqlProgram {
  const command = findMysqlServer();
  if (command !== undefined) return { command };
  throw new Error(
    "No MySQL or MariaDB server was found: install one (mariadbd or mysqld on the PATH), or use a running one.",
  );
}

/** A command line of the server. `--no-defaults` has to be the first option. */
function commandLine(
  { command, args = [], settings = [] }: MysqlProgram,
  options: readonly string[],
): [string, string[]] {
  return [command, [...args, "--no-defaults", ...settings.map(asOption), ...options]];
}

function asOption(setting: string): string {
  return `--${setting}`;
}

async function startInFolder(
  program: MysqlProgram,
  folder: string,
  server: DatabaseServer,
  settings: readonly string[],
): Promise<ChildProcess> {
  const dataFolder = join(folder, "data");
  await mkdir(dataFolder);
  // Both servers refuse to run as root, the user in many containers, without this option.
  const user = process.getuid?.() === 0 ? ["--user=root"] : [];
  // MariaDB removes temporary tables that it finds when it starts, also those of other servers in the same folder.
  const temporaryFolder = join(folder, "temporary");
  await mkdir(temporaryFolder);
  const folders = [`--datadir=${dataFolder}`, `--tmpdir=${temporaryFolder}`];
  await createDataFolder(program, [...user, ...folders]);

  const initFile = join(folder, "init.sql");
  await writeFile(
    initFile,
    [
      `CREATE USER '${server.user}'@'%' IDENTIFIED BY '${server.password}';`,
      `GRANT ALL PRIVILEGES ON *.* TO '${server.user}'@'%' WITH GRANT OPTION;`,
      `CREATE DATABASE IF NOT EXISTS ${server.database};`,
    ].join("\n"),
    { mode: 0o600 },
  );
  const child = spawn(
    ...commandLine(program, [
      ...user,
      ...folders,
      `--socket=${join(folder, "socket")}`,
      `--pid-file=${join(folder, "pid")}`,
      `--port=${server.port}`,
      `--init-file=${initFile}`,
      ...[...fastSettings, ...ownSettings, ...settings].map(asOption),
    ]),
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  // The server must not outlive this process, even without a call of stop().
  const killServer = (): void => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", killServer);
  child.once("exit", () => process.off("exit", killServer));
  try {
    await untilReady(child, server);
    return child;
  } catch (error) {
    await stopServer(child);
    throw error;
  }
}

async function createDataFolder(program: MysqlProgram, options: readonly string[]): Promise<void> {
  const { stdout: version } = await run(...commandLine(program, ["--version"]));
  if (!version.includes("MariaDB")) {
    await run(...commandLine(program, ["--initialize-insecure", ...options, ...fastSettings.map(asOption)]));
    return;
  }
  const install = findProgram(["mariadb-install-db", "mysql_install_db"], besides(program.command));
  if (install === undefined) throw new Error(`${program.command} was found, but no mariadb-install-db`);
  await run(install, [
    "--no-defaults",
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
    ...options,
  ]);
}

async function untilReady(child: ChildProcess, { host, port }: DatabaseServer): Promise<void> {
  let output = "";
  let failure: Error | undefined;
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.once("error", (error) => {
    failure = error;
  });
  const deadline = performance.now() + startTimeoutMs;
  while (!(await isServing(host, port))) {
    if (failure !== undefined || child.exitCode !== null || performance.now() > deadline) {
      throw new Error(`${child.spawnfile} did not start:\n${output}`, { cause: failure });
    }
    await delay(20);
  }
}

/** Whether the server sends its greeting. */
async function isServing(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  const greeted = new Promise<boolean>((resolve) => {
    socket.once("data", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
  });
  const hasGreeted = await greeted;
  socket.destroy();
  return hasGreeted;
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  // The folder is removed, so a graceful shutdown would only take longer.
  child.kill("SIGKILL");
  await exit;
}

function besides(program: string): readonly string[] {
  const folder = dirname(program);
  return [folder, join(folder, "../bin"), join(folder, "../scripts")];
}
