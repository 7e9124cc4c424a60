import { builtinModule } from "../loading/builtin-module.js";
import type { RandomSource } from "./backoff.js";

/** Bytes per number. */
const LENGTH = 4;

/**
 * Numbers from the kernel's generator. `Math.random` and OpenSSL, which `node:crypto` uses, keep their state in the memory of the
 * process: environments restored from one snapshot would draw the same delays, and retry at the same time. Lambda reseeds the
 * kernel's generator when it restores a snapshot.
 * Sources: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html and
 * https://github.com/firecracker-microvm/firecracker/blob/main/docs/snapshotting/random-for-clones.md
 */
export const kernelRandom: RandomSource = () => {
  const bytes = Buffer.alloc(LENGTH);
  const { openSync, readSync, closeSync } = builtinModule("node:fs");
  try {
    const file = openSync("/dev/urandom", "r");
    try {
      readSync(file, bytes);
    } finally {
      closeSync(file);
    }
  } catch {
    // Windows has no such file. It has no snapshots of processes either.
    builtinModule("node:crypto").randomFillSync(bytes);
  }
  return bytes.readUInt32LE() / 2 ** (8 * LENGTH);
};
