import { describe, expect, it } from "vitest";
import { coerceVersion } from "./database-version.js";

describe("a server's version", () => {
  it.each([
    ["18.1", "18.1.0"],
    ["18.4 (Debian 18.4-1.pgdg13+1)", "18.4.0"],
    ["9.6.24", "9.6.24"],
    ["9.7.4", "9.7.4"],
    ["8.0.39-30.1", "8.0.39"],
    ["10.11.14-MariaDB-0+deb12u2-log", "10.11.14"],
    ["17beta1", "17.0.0"],
  ])("%s is %s", (text, version) => {
    expect(coerceVersion(text)).toBe(version);
  });

  it("is unknown for a text without a number", () => {
    expect(coerceVersion("unknown")).toBeUndefined();
  });
});
