import { describe, expect, it } from "vitest";
import { resolvedOptions } from "../testing/resolved-options.js";
import { missingBundle } from "./missing-bundle.js";

const UNKNOWN_ROOT = "self-signed certificate in certificate chain";

function remedy(region: string, reason = UNKNOWN_ROOT, kind = "abcdefghijkl"): Promise<string | undefined> {
  const suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const domain = region.startsWith("eusc-") ? "amazonaws.eu" : suffix;
  return missingBundle(resolvedOptions({ host: `db-1.${kind}.${region}.rds.${domain}` }), reason);
}

describe("a certificate whose root is not trusted", () => {
  it.each([
    ["il-central-1", "https://truststore.pki.rds.amazonaws.com/il-central-1/il-central-1-bundle.pem"],
    ["ca-west-1", "https://truststore.pki.rds.amazonaws.com/ca-west-1/ca-west-1-bundle.pem"],
    ["mx-central-1", "https://truststore.pki.rds.amazonaws.com/mx-central-1/mx-central-1-bundle.pem"],
    ["ap-southeast-5", "https://truststore.pki.rds.amazonaws.com/ap-southeast-5/ap-southeast-5-bundle.pem"],
    ["ap-southeast-7", "https://truststore.pki.rds.amazonaws.com/ap-southeast-7/ap-southeast-7-bundle.pem"],
    [
      "us-gov-east-1",
      "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/us-gov-east-1/us-gov-east-1-bundle.pem",
    ],
    [
      "cn-northwest-1",
      "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/cn-northwest-1/cn-northwest-1-bundle.pem",
    ],
    ["eusc-de-east-1", "your partition's bundle of eusc-de-east-1"],
  ])("of %s names the bundle that is needed, since none is included", async (region, source) => {
    const text = await remedy(region);
    expect(text).toContain(`has no roots of ${region}: get ${source}`);
    expect(text).toContain("ssl.ca");
  });

  it.each(["eu-west-1", "us-east-1", "ap-southeast-4"])(
    "of %s is another matter: its roots come along",
    async (region) => {
      expect(await remedy(region)).toBeUndefined();
    },
  );

  it("of a proxy, and other failures, are not changed", async () => {
    expect(await remedy("il-central-1", UNKNOWN_ROOT, "proxy-abcdefghijkl")).toBeUndefined();
    expect(await remedy("il-central-1", "certificate has expired")).toBeUndefined();
  });
});
