import { expect, test } from "vitest";
import { endpointOf } from "../testing/endpoint.js";
import { networkCauses } from "./network-causes.js";

test("silence is the security groups' first, on both sides", () => {
  const [inbound, outbound, route] = networkCauses(endpointOf({}), "ETIMEDOUT");
  expect(inbound?.example).toBe(
    "aws ec2 authorize-security-group-ingress --group-id sg-OF-THE-PROXY --protocol tcp --port 5432 " +
      "--source-group sg-OF-THE-FUNCTION",
  );
  expect(outbound?.example).toContain("authorize-security-group-egress --group-id sg-OF-THE-FUNCTION");
  expect(route?.cause).toContain("a proxy has no public address");
});

test("a database's own security group is named where there is no proxy", () => {
  const host = "shop.abcdefghijkl.eu-west-1.rds.amazonaws.com";
  const [inbound] = networkCauses(endpointOf({ host }, "mysql"), "ETIMEDOUT");
  expect(inbound?.cause).toContain("The database's security group");
  expect(inbound?.example).toContain("--group-id sg-OF-THE-DATABASE --protocol tcp --port 3306");
});

test("a missing route comes first where the network says so", () => {
  const [first] = networkCauses(endpointOf({}), "ENETUNREACH");
  expect(first?.cause).toContain("not in the proxy's VPC");
});

test("a refused connection to an unusual port of a proxy is about the port", () => {
  const [first] = networkCauses(endpointOf({ port: 6432 }), "ECONNREFUSED");
  expect(first?.cause).toBe("A proxy listens on 5432 for postgres, and on no other port; this was 6432.");
});

test("one to the usual port may be about the engine", () => {
  const [first] = networkCauses(endpointOf({}), "ECONNREFUSED");
  expect(first?.remedy).toContain("--engine mysql");
});
