import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { obtainDebianPackage } from "@rds-proxy/lambda-kit/servers";
import { onTestFinished } from "vitest";
import { runProgram } from "./run-program.js";

/** A program and the arguments ahead of its own. */
export type Program = readonly [command: string, ...args: string[]];

/** psql with libpq 18 or newer: the one on the PATH, else that of Debian's unstable suite, in a folder of the project. */
export async function obtainPsql18(): Promise<Program> {
  const { stdout } = await runProgram("psql", ["--version"]);
  if (Number(/(\d+)/.exec(stdout)?.[1]) >= 18) return ["psql"];
  const { folder, loader } = await obtainDebianPackage("postgresql-client-18");
  return [loader.command, ...loader.args, join(folder, "usr/lib/postgresql/18/bin/psql")];
}

/** A psql that gets its input line by line; ends with the test. */
export interface OpenPsql {
  /** Sends lines; resolves with what psql printed for them, errors included. */
  run(lines: string): Promise<string>;
}

export function openPsql([command, ...args]: Program, env: Readonly<Record<string, string>>): OpenPsql {
  const child = spawn(command, [...args, "-X", "-A", "-t", "-q"], { env: { ...process.env, ...env } });
  onTestFinished(async () => {
    child.stdin.end();
    if (child.exitCode === null) await once(child, "close");
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  }
  let runs = 0;
  return {
    async run(lines) {
      runs += 1;
      // Both streams end with a mark, since they are read apart.
      const marks = [`-- end of output ${runs}`, `-- end of errors ${runs}`];
      child.stdin.write(`${lines}\n\\echo '${marks[0]}'\n\\warn '${marks[1]}'\n`);
      while (!marks.every((mark) => printed.includes(mark))) {
        await Promise.race([
          ...[child.stdout, child.stderr].map((stream) => once(stream, "data")),
          once(child, "close").then(() => Promise.reject(new Error(`psql has ended:\n${printed}`))),
        ]);
      }
      const output = printed.split("\n").filter((line) => !marks.includes(line));
      printed = "";
      return output.join("\n").trim();
    },
  };
}
