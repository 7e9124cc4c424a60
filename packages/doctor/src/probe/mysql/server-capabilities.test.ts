import { expect, test } from "vitest";
import { capabilityNames, hasCapability } from "./capabilities.js";
import { serverCapabilities } from "./server-capabilities.js";

test.each([
  ["8.0.35", true, ["MYSQL", "DEPRECATE_EOF", "LOCAL_FILES"], ["CACHE_METADATA"]],
  ["5.7.44-log", false, ["MYSQL"], ["LOCAL_FILES"]],
  ["10.5.29-MariaDB-log", false, ["EXTENDED_METADATA"], ["MYSQL", "CACHE_METADATA"]],
  ["11.8.3-MariaDB", false, ["CACHE_METADATA", "BULK_UNIT_RESULTS"], ["MYSQL"]],
] as const)("%s", (version, allowsLocalFiles, offered, missing) => {
  const known = serverCapabilities(version, allowsLocalFiles) ?? 0n;
  expect(capabilityNames(known)).toEqual(expect.arrayContaining([...offered]));
  for (const name of missing) expect(hasCapability(known, name)).toBe(false);
});

test.each(["5.6.51", "10.3.39-MariaDB", "unknown"])("nothing is said of %s", (version) => {
  expect(serverCapabilities(version, false)).toBeUndefined();
});
