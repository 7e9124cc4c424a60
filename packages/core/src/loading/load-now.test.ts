import { expect, it, vi } from "vitest";
import { loadNow } from "./load-now.js";

it("loads a module on Managed Instances as anywhere else", async () => {
  vi.stubEnv("AWS_LAMBDA_MAX_CONCURRENCY", "4");
  try {
    expect(await loadNow(async () => "part")).toBe("part");
    await expect(loadNow(() => Promise.reject(new Error("missing")))).rejects.toThrow("missing");
  } finally {
    vi.unstubAllEnvs();
  }
});
