import { builtinModule } from "../loading/builtin-module.js";
import type { RandomSource } from "./backoff.js";

/** Bytes of one number. */
const LENGTH = 4;

/**
 * Numbers from the kernel's generator. The state of `Math.random` and that of OpenSSL, from which all of `node:crypto`
 * draws, lie in the memory of the process: environments that are restored from one snapshot would draw the same delays, and
 * try again in step. The kernel notices a restored snapshot, and Lambda makes its generator safe against it.
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
    // Windows has no such file, and no snapshots of processes either.
    builtinModule("node:crypto").randomFillSync(bytes);
  }
  return bytes.readUInt32LE() / 2 ** (8 * LENGTH);
};
