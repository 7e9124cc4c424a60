import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { kernelRandom } from "./random.js";

const module = fileURLToPath(new URL("random.ts", import.meta.url));

/** What a process draws whose state begins as that of each other one does, as if restored from one snapshot. */
async function drawInOwnProcess(): Promise<{ math: number[]; kernel: number[] }> {
  const program = `
    const { kernelRandom } = await import(${JSON.stringify(module)});
    const draw = (random) => Array.from({ length: 5 }, random);
    console.log(JSON.stringify({ math: draw(Math.random), kernel: draw(kernelRandom) }));`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--random-seed=42",
    "--import=tsx",
    "--input-type=module",
    "--eval",
    program,
  ]);
  return JSON.parse(stdout);
}

describe("the kernel's numbers", () => {
  it("are from 0 to 1, without 1, and spread", () => {
    const numbers = Array.from({ length: 1000 }, kernelRandom);
    for (const number of numbers) {
      expect(number).toBeGreaterThanOrEqual(0);
      expect(number).toBeLessThan(1);
    }
    const tenths = new Set(numbers.map((number) => Math.floor(number * 10)));
    expect(tenths.size).toBe(10);
  });

  it("do not come from OpenSSL, whose state is part of a snapshot", () => {
    const fill = vi.spyOn(process.getBuiltinModule("node:crypto"), "randomFillSync");
    kernelRandom();
    expect(fill).not.toHaveBeenCalled();
    fill.mockRestore();
  });

  it("leave no file open", () => {
    const fs = process.getBuiltinModule("node:fs");
    const open = vi.spyOn(fs, "openSync");
    const close = vi.spyOn(fs, "closeSync");
    kernelRandom();
    expect(open).toHaveBeenCalledExactlyOnceWith("/dev/urandom", "r");
    expect(close.mock.calls).toEqual(open.mock.results.map(({ value }) => [value]));
    open.mockRestore();
    close.mockRestore();
  });

  it("are OpenSSL's where the kernel has no file of them", () => {
    const absent = vi.spyOn(process.getBuiltinModule("node:fs"), "openSync").mockImplementation(() => {
      throw new Error("ENOENT");
    });
    const numbers = Array.from({ length: 100 }, kernelRandom);
    absent.mockRestore();
    expect(new Set(numbers).size).toBeGreaterThan(90);
    expect(numbers.filter((number) => !(number >= 0 && number < 1))).toEqual([]);
  });

  it("differ between processes in which Math.random does not", async () => {
    const [one, other] = await Promise.all([drawInOwnProcess(), drawInOwnProcess()]);
    expect(one.math).toEqual(other.math);
    expect(one.kernel).not.toEqual(other.kernel);
  });
});
