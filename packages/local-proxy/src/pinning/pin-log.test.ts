import { expect, test } from "vitest";
import { PinLog } from "./pin-log.js";

test("keeps the latest 1,000 in order", () => {
  const log = new PinLog();
  for (let connection = 1; connection <= 2500; connection += 1) {
    log.add({ connection, databaseConnection: 1, rule: "set", reason: "", digest: undefined });
    expect(log.latest().length).toBe(Math.min(connection, 1000));
  }
  const connections = log.latest().map(({ connection }) => connection);
  expect([connections[0], connections.at(-1)]).toEqual([1501, 2500]);
});
