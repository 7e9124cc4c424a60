import { expect, test } from "vitest";
import { endpointOf } from "../testing/endpoint.js";
import { networkCauses } from "./network-causes.js";

test("after a timeout, the security groups of both sides come first", () => {
  const [inbound, outbound, route] = networkCauses(endpointOf({}), "ETIMEDOUT");
  expect(inbound?.example).toBe(
    "aws ec2 authorize-security-group-ingress --group-id sg-OF-THE-PROXY --protocol tcp --port 5432 " +
      "--source-group sg-OF-THE-FUNCTION",
  );
  expect(outbound?.example).toContain("authorize-security-group-egress --group-id sg-OF-THE-FUNCTION");
  expect(route?.cause).toContain("a proxy has no public address");
});

test("without a proxy, the database's security group is named", () => {
  const host = "shop.abcdefghijkl.eu-west-1.rds.amazonaws.com";
  const [inbound] = networkCauses(endpointOf({ host }, "mysql"), "ETIMEDOUT");
  expect(inbound?.cause).toContain("The database's security group");
  expect(inbound?.example).toContain("--group-id sg-OF-THE-DATABASE --protocol tcp --port 3306");
});

test("a missing route comes first after ENETUNREACH", () => {
  const [first] = networkCauses(endpointOf({}), "ENETUNREACH");
  expect(first?.cause).toContain("not in the proxy's VPC");
});

test("a connection to an unusual port of a proxy was refused because of the port", () => {
  const [first] = networkCauses(endpointOf({ port: 6432 }), "ECONNREFUSED");
  expect(first?.cause).toBe("A proxy for postgres listens on port 5432 only; this is 6432.");
});

test("a connection to the usual port may be refused because of the engine", () => {
  const [first] = networkCauses(endpointOf({}), "ECONNREFUSED");
  expect(first?.remedy).toContain("--engine mysql");
});
