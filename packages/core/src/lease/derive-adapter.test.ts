import { describe, expect, it, vi } from "vitest";
import { resolvedOptions } from "../testing/resolved-options.js";
import { systemClock } from "../time/clock.js";
import { deadlineIn } from "../time/deadline.js";
import type { Adapter } from "./adapter.js";
import { deriveAdapter } from "./derive-adapter.js";

const options = resolvedOptions();
const soon = deadlineIn(1000, systemClock);

function recordingAdapter(): { adapter: Adapter<string>; calls: string[] } {
  const calls: string[] = [];
  const adapter: Adapter<string> = {
    engine: "mysql",
    create: () => ({
      acquire: async () => ({
        db: "connection",
        release: async () => void calls.push("release"),
        destroy: (reason) => void calls.push(`destroy: ${reason}`),
      }),
      prefetch: () => void calls.push("prefetch"),
      closeIdle: async () => void calls.push("closeIdle"),
      close: async () => void calls.push("close"),
    }),
  };
  return { adapter, calls };
}

describe("a derived adapter", () => {
  it("provides the derived object, and ends it before the connection is released", async () => {
    const { adapter, calls } = recordingAdapter();
    const derived = deriveAdapter(adapter, (db) => ({
      db: `made of a ${db}`,
      revoke: () => void calls.push("revoke"),
    }));
    const resource = derived.create(options);
    const lease = await resource.acquire(soon);
    expect(derived.engine).toBe("mysql");
    expect(lease.db).toBe("made of a connection");
    await lease.release(soon);
    expect(calls).toEqual(["revoke", "release"]);
  });

  it("ends it also when the connection is destroyed", async () => {
    const { adapter, calls } = recordingAdapter();
    const derived = deriveAdapter(adapter, (db) => ({ db, revoke: () => void calls.push("revoke") }));
    const lease = await derived.create(options).acquire(soon);
    lease.destroy("timed out");
    expect(calls).toEqual(["revoke", "destroy: timed out"]);
  });

  it("releases the connection when the object cannot be derived", async () => {
    const { adapter, calls } = recordingAdapter();
    const derived = deriveAdapter(adapter, () => {
      throw new Error("no such plugin");
    });
    await expect(derived.create(options).acquire(soon)).rejects.toThrow("no such plugin");
    expect(calls).toEqual(["release"]);
  });

  it.each([true, false])("passes on options and deadlines (one for waiting: %s)", async (hasWaitDeadline) => {
    const { adapter } = recordingAdapter();
    const acquire = vi.fn(async () => ({
      db: "connection",
      release: async () => undefined,
      destroy: () => undefined,
    }));
    const create = vi.fn(() => ({ ...adapter.create(options), acquire }));
    const make = vi.fn((db: string) => ({ db, revoke: () => undefined }));
    const later = deadlineIn(2000, systemClock);
    const resource = deriveAdapter({ ...adapter, create }, make).create(options);
    await resource.acquire(soon, ...(hasWaitDeadline ? [later] : []));
    const waitDeadline = hasWaitDeadline ? later : soon;
    expect(create).toHaveBeenCalledExactlyOnceWith(options);
    expect(acquire).toHaveBeenCalledExactlyOnceWith(soon, waitDeadline);
    expect(make).toHaveBeenCalledExactlyOnceWith("connection", options, waitDeadline);
  });

  it("passes on all other calls", async () => {
    const { adapter, calls } = recordingAdapter();
    const resource = deriveAdapter(adapter, (db) => ({ db, revoke: () => undefined })).create(options);
    resource.prefetch();
    await resource.closeIdle();
    await resource.close();
    expect(calls).toEqual(["prefetch", "closeIdle", "close"]);
  });
});
