import { Socket } from "node:net";
import { deadlineIn } from "@rds-proxy/core/adapter";
import { systemRuntime } from "@rds-proxy/core/internal";
import pg from "pg";
import { expect, it, onTestFinished, vi } from "vitest";
import { Secret } from "../../../core/src/credentials/secret.js";
import { CachedSecretReader } from "../../../core/src/credentials/secret-reader.js";
import { resolvedOptions } from "../../../core/src/testing/resolved-options.js";
import { createClientClass } from "./client.js";

it("a secret that comes when its attempt has just ended opens no connection", async () => {
  const { promise, resolve } = Promise.withResolvers<{ user: string; password: string; versionId: string }>();
  const options = resolvedOptions({}, { clock: systemRuntime.clock });
  const { clock } = options.runtime;
  const reader = new CachedSecretReader("orders", "app", clock, () => promise, options.runtime.restores);
  const secret = new Secret("orders", "app", async () => reader);
  const Client = createClientClass(pg);
  const client = new Client({ ...options, secret }, {});

  const { stream } = client.connection;
  const connect = vi.spyOn(Socket.prototype, "connect").mockReturnThis();
  onTestFinished(() => connect.mockRestore());
  const destroy = stream.destroy.bind(stream);
  vi.spyOn(stream, "destroy").mockImplementation((error) => {
    resolve({ user: "app", password: "hunter2", versionId: "v1" });
    return destroy(error);
  });
  await expect(client.connectWithin({ deadline: deadlineIn(20, clock) })).rejects.toThrow(
    "The secret orders could not be read",
  );
  expect(connect).not.toHaveBeenCalled();
});

it("a connection that reports one error after another is unusable, and throws none of them", () => {
  const Client = createClientClass(pg);
  const client = new Client(resolvedOptions(), {});
  onTestFinished(() => client.destroy());
  client.emit("error", new Error("terminating connection due to administrator command"));
  client.emit("error", new Error("Connection terminated unexpectedly"));
  expect(client.state).toBe("unusable");
});
