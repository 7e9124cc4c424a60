import { expect, test } from "vitest";
import codes from "../generated/error-codes.json";
import texts from "../generated/error-texts.json";
import { findError } from "./find-error.js";

test("each text of the troubleshooting guide finds its own row", () => {
  expect(texts.length).toBeGreaterThan(30);
  for (const row of texts) {
    for (const text of row.texts) {
      expect(findError(`Error: ${text.replaceAll("...", "something")}`).texts).toContainEqual(row);
    }
  }
});

test("each code of the library finds its row", () => {
  for (const row of codes) expect(findError(`RdsProxyError [${row.code}]: ...`).codes).toEqual([row]);
});

test.each([
  [
    "error: remaining connection slots are reserved for roles\n  code: '53300'",
    "PostgreSQL",
    "RDS_PROXY_EXHAUSTED",
  ],
  ["FATAL: remaining connection slots are reserved for roles", "PostgreSQL", "RDS_PROXY_EXHAUSTED"],
  ['PAM authentication failed for user "app"', "PostgreSQL", "RDS_PROXY_AUTHENTICATION_FAILED"],
  ["ERROR 1040 (08004): Too many connections", "MySQL or MariaDB", "RDS_PROXY_EXHAUSTED"],
  ["{ errno: 1045, sqlState: '28000' }", "MySQL or MariaDB", "RDS_PROXY_AUTHENTICATION_FAILED"],
  ["Error: connect ECONNREFUSED 10.0.0.1:5432", "Node.js", "RDS_PROXY_UNREACHABLE"],
  [
    "Error: self-signed certificate in certificate chain\n  code: 'SELF_SIGNED_CERT_IN_CHAIN'",
    "Node.js",
    "RDS_PROXY_TLS",
  ],
  ["57P03", "PostgreSQL", "RDS_PROXY_STARTING"],
])("%s is classified as the library does", (text, source, code) => {
  expect(findError(text).failures).toContainEqual(expect.objectContaining({ source, code }));
});

test("a text that says nothing finds nothing", () => {
  expect(findError("  ")).toEqual({ codes: [], failures: [], texts: [] });
  expect(findError("all is well")).toEqual({ codes: [], failures: [], texts: [] });
});
