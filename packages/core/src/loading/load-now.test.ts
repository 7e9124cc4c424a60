import { afterEach, describe, expect, it, vi } from "vitest";
import { loadNow } from "./load-now.js";

describe("a module that is loaded now", () => {
  const module = process.getBuiltinModule("node:module");

  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it("is loaded on Managed Instances as anywhere else", async () => {
    vi.stubEnv("AWS_LAMBDA_MAX_CONCURRENCY", "4");
    expect(await loadNow(async () => "part")).toBe("part");
    await expect(loadNow(() => Promise.reject(new Error("missing")))).rejects.toThrow("missing");
  });

  it("is loaded there while a hook is registered, which changes nothing, and not longer", async () => {
    vi.stubEnv("AWS_LAMBDA_MAX_CONCURRENCY", "4");
    const deregister = vi.fn();
    const register = vi.spyOn(module, "registerHooks").mockReturnValue({ deregister });
    for (const load of [async () => "part", () => Promise.reject(new Error("missing"))]) {
      await loadNow(async () => {
        expect(register).toHaveBeenCalledOnce();
        expect(deregister).not.toHaveBeenCalled();
        return await load();
      }).catch(() => undefined);
      expect(deregister).toHaveBeenCalledOnce();
      const [hooks] = register.mock.calls[0] ?? [];
      const next = vi.fn(() => "source");
      expect(Reflect.apply(Object(hooks?.load), hooks, ["file:///a.js", { format: "module" }, next])).toBe(
        "source",
      );
      expect(next).toHaveBeenCalledExactlyOnceWith("file:///a.js", { format: "module" });
      register.mockClear();
      deregister.mockClear();
    }
  });

  it("is loaded without a hook elsewhere", async () => {
    const register = vi.spyOn(module, "registerHooks");
    expect(await loadNow(async () => "part")).toBe("part");
    expect(register).not.toHaveBeenCalled();
  });
});
