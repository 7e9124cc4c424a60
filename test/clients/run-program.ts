import { spawn } from "node:child_process";
import { once } from "node:events";

/** What a program printed. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; rejects with its output unless the exit code is 0. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { env = {}, input = "", isFailing = false } = {},
): Promise<Printed> {
  const child = spawn(program, args, { env: { ...process.env, ...env } });
  const printed = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    printed.stderr += text;
  });
  child.stdin.end(input);
  const [code] = await once(child, "close");
  if ((code === 0) === isFailing)
    throw new Error(`${program} ended with ${code}:\n${printed.stdout}${printed.stderr}`);
  return printed;
}
