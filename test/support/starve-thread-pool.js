// Loaded with `--import` before a function: the reads of an empty pipe take more threads than libuv's pool has, as Lambda's runtime
// client does on Managed Instances, where each worker waits for its next invocation in a thread.
import { execFileSync } from "node:child_process";
import { constants, mkdtempSync, openSync, read, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";

const WAITS = 8;

if (isMainThread) {
  const folder = mkdtempSync(join(tmpdir(), "starved-"));
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const empty = openSync(pipe, constants.O_RDWR);
  rmSync(folder, { recursive: true });
  for (let wait = 0; wait < WAITS; wait++) read(empty, Buffer.alloc(1), 0, 1, null, () => undefined);
}
