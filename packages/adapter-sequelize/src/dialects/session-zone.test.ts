import { describe, expect, it } from "vitest";
import { postgresZone } from "./session-zone.js";

describe("the time zone of a PostgreSQL session", () => {
  it.each([
    ["+00:00", "<+00>-00"],
    ["-00:00", "<+00>-00"],
    ["+09:00", "<+09>-09"],
    ["-03:30", "<-03:30>+03:30"],
    ["-00:30", "<-00:30>+00:30"],
    ["-11:00", "<-11>+11"],
    ["+05:45", "<+05:45>-05:45"],
    ["Asia/Tokyo", "Asia/Tokyo"],
    ["America/Port-au-Prince", "America/Port-au-Prince"],
    ["Etc/GMT+9", "Etc/GMT+9"],
    ["UTC", "UTC"],
  ])("%s is %s", (timezone, zone) => {
    expect(postgresZone(timezone)).toBe(zone);
  });

  it.each([
    "9",
    "+9",
    "+9:00",
    "+09",
    "09:00",
    "+09:60",
    "+09:000",
    "UTC+09:00",
    "",
    "/UTC",
    "Asia/Tokyo'; --",
  ])("%o needs Sequelize's own statement", (timezone) => {
    expect(postgresZone(timezone)).toBeUndefined();
  });
});
