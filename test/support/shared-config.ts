import type { ViteUserConfig } from "vitest/config";
import type { TestedServer } from "./global-setup.js";

const conditions = ["@rds-proxy/source"];

/** What all runs of Vitest have in common. Packages are tested from their sources; test/packaging tests what is published. */
export const sharedConfig = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // Most of the time is spent in waiting, for servers and for processes of their own.
    maxWorkers: 4,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Of use on a busy machine only: what is waited for comes in milliseconds.
    expect: { poll: { timeout: 20_000 } },
  },
} satisfies ViteUserConfig;

/** The engine that a server has. */
export function engineOf(server: TestedServer): "postgres" | "mysql" {
  return server === "postgres" ? server : "mysql";
}

/** What a Vitest project needs whose tests inject these servers. */
export function onServers(servers: readonly TestedServer[]) {
  const engines = servers.map(engineOf);
  return {
    globalSetup: "test/support/global-setup.ts",
    setupFiles: "test/support/name-servers.ts",
    provide: { servers, engines },
  };
}
