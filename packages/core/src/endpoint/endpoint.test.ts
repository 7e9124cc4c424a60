import { describe, expect, it } from "vitest";
import { resolvedOptions } from "../testing/resolved-options.js";
import { describeEndpoint, parseEndpointName } from "./endpoint.js";

describe("a host name", () => {
  it.each([
    ["shop.proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com", "proxy", "eu-west-1"],
    ["reader.endpoint.proxy-abcdefghijkl.us-east-2.rds.amazonaws.com", "proxy", "us-east-2"],
    ["shop.proxy-abcdefghijkl.us-gov-west-1.rds.amazonaws.com", "proxy", "us-gov-west-1"],
    ["shop.proxy-abcdefghijkl.rds.cn-north-1.amazonaws.com.cn", "proxy", "cn-north-1"],
    ["reader.endpoint.proxy-abcdefghijkl.rds.cn-northwest-1.amazonaws.com.cn", "proxy", "cn-northwest-1"],
    ["db-1.abcdefghijkl.eu-west-1.rds.amazonaws.com", "instance", "eu-west-1"],
    ["shop.cluster-abcdefghijkl.eu-west-1.rds.amazonaws.com", "instance", "eu-west-1"],
    ["shop.cluster-ro-abcdefghijkl.eu-west-1.rds.amazonaws.com", "instance", "eu-west-1"],
    ["any.cluster-custom-abcdefghijkl.ap-southeast-2.rds.amazonaws.com", "instance", "ap-southeast-2"],
    ["db-1.abcdefghijkl.rds.cn-north-1.amazonaws.com.cn", "instance", "cn-north-1"],
    ["shop.proxy-abcdefghijkl.cn-north-1.rds.amazonaws.com.cn", "proxy", "cn-north-1"],
    ["shop.proxy-abcdefghijkl.eusc-de-east-1.rds.amazonaws.eu", "proxy", "eusc-de-east-1"],
    ["reader.endpoint.proxy-abcdefghijkl.eusc-de-east-1.rds.amazonaws.eu", "proxy", "eusc-de-east-1"],
    ["db-1.abcdefghijkl.eusc-de-east-1.rds.amazonaws.eu", "instance", "eusc-de-east-1"],
    ["shop.proxy-abcdefghijkl.us-iso-east-1.rds.c2s.ic.gov", "proxy", "us-iso-east-1"],
    ["shop.proxy-abcdefghijkl.rds.us-iso-west-1.c2s.ic.gov", "proxy", "us-iso-west-1"],
    ["shop.cluster-abcdefghijkl.us-isob-east-1.rds.sc2s.sgov.gov", "instance", "us-isob-east-1"],
    ["shop.cluster-ro-abcdefghijkl.rds.us-isob-east-1.sc2s.sgov.gov", "instance", "us-isob-east-1"],
    ["shop.proxy-abcdefghijkl.eu-isoe-west-1.rds.cloud.adc-e.uk", "proxy", "eu-isoe-west-1"],
    ["shop.proxy-abcdefghijkl.us-isof-south-1.rds.csp.hci.ic.gov", "proxy", "us-isof-south-1"],
    ["any.cluster-custom-abcdefghijkl.ap-southeast-7.rds.amazonaws.com", "instance", "ap-southeast-7"],
    ["shop.global-abcdefghijkl.global.rds.amazonaws.com", "instance", undefined],
    ["shop.global-abcdefghijkl.global.rds.amazonaws.com.cn", "instance", undefined],
    ["shop.global-abcdefghijkl.global.rds.amazonaws.org", "custom", undefined],
    ["abcdefghijklmnopqrstuvwxyz.dsql.eu-west-1.on.aws", "dsql", "eu-west-1"],
    ["abcdefghijklmnopqrstuvwxyz.dsql-ab12.us-east-2.on.aws", "dsql", "us-east-2"],
    ["abcdefghijklmnopqrstuvwxyz.dsql.eu-west-1.on.aws.evil.example", "custom", undefined],
    ["dsql.eu-west-1.on.aws", "custom", undefined],
    ["localhost", "custom", undefined],
    ["127.0.0.1", "custom", undefined],
    ["::1", "custom", undefined],
    ["db.internal.example", "custom", undefined],
    ["rds.amazonaws.com", "custom", undefined],
    ["shop.proxy-abc.eu-west-1.rds.amazonaws.com.evil.example", "custom", undefined],
    ["shop.proxy-abc.eu-west-1.rdsxamazonaws.com", "custom", undefined],
  ])("%s is of the kind %s in the region %s", (host, kind, region) => {
    expect(parseEndpointName(host)).toEqual({ kind, region });
  });
});

describe("an endpoint in a message", () => {
  it("is what is dialled, with the user", () => {
    const { endpoint } = resolvedOptions({
      host: "10.0.0.7",
      port: 6000,
      region: "eu-west-1",
      signingHost: "db.example",
    });
    expect(describeEndpoint(endpoint)).toBe("app@10.0.0.7:6000");
  });

  it("has an IPv6 address in brackets", () => {
    const { endpoint } = resolvedOptions({ host: "[2001:DB8::1]", region: "eu-west-1" });
    expect(describeEndpoint(endpoint)).toBe("app@[2001:db8::1]:5432");
  });
});
