import { expect, test } from "vitest";
import { acceptedEndpoints, certificateHosts } from "./endpoint-names.js";

test("localhost and 127.0.0.1 are accepted with the listening port", () => {
  expect([...acceptedEndpoints([], 41000, 5432)]).toEqual(["localhost:41000", "127.0.0.1:41000"]);
});

test("an endpoint name is accepted with the listening port and the default port", () => {
  const endpoints = acceptedEndpoints(["app.proxy-abc.eu-west-1.rds.amazonaws.com"], 41000, 5432);
  expect(endpoints).toContain("app.proxy-abc.eu-west-1.rds.amazonaws.com:41000");
  expect(endpoints).toContain("app.proxy-abc.eu-west-1.rds.amazonaws.com:5432");
});

test("a name with a port is accepted with that port only", () => {
  const endpoints = acceptedEndpoints(["tunnel.example:6432"], 41000, 5432);
  expect(endpoints).toContain("tunnel.example:6432");
  expect(endpoints).not.toContain("tunnel.example:41000");
});

test("the certificate covers every name once, without ports", () => {
  expect(certificateHosts(["a.example:1", "a.example", "localhost"])).toEqual([
    "localhost",
    "127.0.0.1",
    "a.example",
  ]);
});
