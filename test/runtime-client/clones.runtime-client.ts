import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundleProgram } from "@rds-proxy/lambda-kit/bundling";
import { expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);
const core = (path: string): string =>
  JSON.stringify(fileURLToPath(new URL(`../../packages/core/src/${path}`, import.meta.url)));

/**
 * A process that has failed to connect once. Node takes a snapshot of its heap, and a restored process draws the delays of the
 * next attempts.
 */
const PROGRAM = `
  import { RetrySchedule } from ${core("connect/retry.ts")};
  import { systemRuntime } from ${core("runtime.ts")};
  import { deadlineIn } from ${core("time/deadline.ts")};
  import { kernelRandom } from ${core("time/random.ts")};

  const { clock } = systemRuntime;
  const schedule = new RetrySchedule({
    deadline: deadlineIn(10 ** 9, clock),
    policy: { maxAttempts: 100, baseDelayMs: 50, maxDelayMs: 1000 },
    clock,
    random: kernelRandom,
  });
  const fail = (attempt) => schedule.next(new Error("busy"), { kind: "exhausted", retry: "always" }, attempt);
  const captured = [fail(1), Math.random()];
  process.getBuiltinModule("node:v8").startupSnapshot.setDeserializeMainFunction(() => {
    const schedule = [2, 3, 4, 5].map(fail);
    console.log(JSON.stringify({ captured, mathRandom: Math.random(), schedule }));
  });
`;

/** As many at once as a computer for tests runs well. */
const AT_ONCE = 8;

test("200 processes restored from one snapshot draw 200 schedules of retries", {
  timeout: 240_000,
}, async () => {
  const { file, remove } = await bundleProgram(PROGRAM, { format: "cjs" });
  onTestFinished(remove);
  const blob = join(dirname(file), "snapshot.blob");
  // With a seed V8's own generator draws the same in each of them: a sign that they have one state.
  const seed = "--random-seed=42";
  await run(process.execPath, [seed, "--snapshot-blob", blob, "--build-snapshot", file]);
  const restore = async (): Promise<unknown> =>
    JSON.parse((await run(process.execPath, [seed, "--snapshot-blob", blob])).stdout);

  const clones: unknown[] = [];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (clones.length < 200) {
        const index = clones.push(undefined) - 1;
        clones[index] = await restore();
      }
    }),
  );
  const different = (property: string): number =>
    new Set(clones.map((clone) => JSON.stringify(Reflect.get(Object(clone), property)))).size;
  expect(different("captured")).toBe(1);
  expect(different("mathRandom")).toBe(1);
  expect(different("schedule")).toBe(200);
});
