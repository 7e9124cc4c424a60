import { probe } from "@rds-proxy/doctor";
import { expect, inject, onTestFinished, test } from "vitest";
import { KEY } from "../support/doctor.js";
import { startPgBouncer } from "./pgbouncer.js";

test.each([
  ["refuses a parameter by another error than RDS Proxy", "", /this server answered 08P01$/],
  ["ignores that parameter", "ignore_startup_parameters = statement_timeout", /this server accepted it$/],
])("a PgBouncer that %s is not an RDS Proxy", async (_, settings, problem) => {
  const server = inject("postgres");
  const { port, ca, stop } = await startPgBouncer(server, 5, settings);
  onTestFinished(stop);
  const report = await probe({
    host: "localhost",
    port,
    user: server.user,
    database: server.database,
    region: "us-east-1",
    credentials: KEY,
    ssl: { ca },
  });
  expect(report).toMatchObject({ outcome: "not an RDS Proxy", problem: expect.stringMatching(problem) });
  expect(report).not.toHaveProperty("profile");
});
