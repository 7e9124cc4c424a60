import type { Side } from "../side.js";

/** An environment's memory after many invocations. */
export interface MemoryUse {
  readonly residentBytes: number;
  /** Heap growth from the first tenth of the invocations to the end, after garbage collections. */
  readonly heapGrowthBytes: number;
}

export async function memoryUse(side: Side, invocations: number): Promise<MemoryUse> {
  const environment = await side.startEnvironment(await side.variables());
  try {
    await environment.repeat(invocations / 10);
    const early = await environment.memory();
    await environment.repeat(invocations - invocations / 10);
    const late = await environment.memory();
    return {
      residentBytes: late.residentBytes,
      heapGrowthBytes: late.heapBytes - early.heapBytes,
    };
  } finally {
    await environment.stop();
  }
}
