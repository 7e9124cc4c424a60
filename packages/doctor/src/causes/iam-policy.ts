import type { Endpoint } from "@rds-proxy/core/adapter";

/** Placeholder for an unknown account. */
const UNKNOWN_ACCOUNT = "ACCOUNT";
/** Placeholder for the region of an endpoint whose tokens the option `signer` makes. */
const UNKNOWN_REGION = "REGION";

/**
 * The IAM policy statement that allows a role to log in. Words in capitals are placeholders for unknown values.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html
 */
export function connectStatement(endpoint: Endpoint, account: string | undefined): string {
  const { region: known, user } = endpoint;
  const region = known || UNKNOWN_REGION;
  const resource = endpoint.kind === "instance" ? "db-RESOURCE-ID" : "prx-ID";
  const arn = `arn:${partitionOf(region)}:rds-db:${region}:${account ?? UNKNOWN_ACCOUNT}:dbuser:${resource}/${user}`;
  return JSON.stringify({ Effect: "Allow", Action: "rds-db:connect", Resource: arn }, undefined, 2);
}

/** The command that prints the statement's resource id. The ARN of a proxy ends with it. */
export function findResourceCommand({ kind, region: known, signingHost }: Endpoint): string {
  const region = known || UNKNOWN_REGION;
  if (kind === "instance") {
    return (
      `aws rds describe-db-instances --region ${region} ` +
      `--query "DBInstances[?Endpoint.Address=='${signingHost}'].DbiResourceId" --output text`
    );
  }
  // An additional endpoint of a proxy: `describe-db-proxies` lists only the default one.
  if (signingHost.includes(".endpoint.proxy-")) {
    return (
      `aws rds describe-db-proxy-endpoints --region ${region} ` +
      `--query "DBProxyEndpoints[?Endpoint=='${signingHost}'].DBProxyName" --output text\n` +
      `aws rds describe-db-proxies --db-proxy-name NAME --query "DBProxies[].DBProxyArn" --output text`
    );
  }
  const filter = kind === "custom" ? "" : `?Endpoint=='${signingHost}'`;
  return `aws rds describe-db-proxies --region ${region} --query "DBProxies[${filter}].DBProxyArn" --output text`;
}

/** By the regions' names; source: `partitions.json` of the AWS SDKs. */
const PARTITIONS = {
  "cn-": "aws-cn",
  "us-gov-": "aws-us-gov",
  "eusc-": "aws-eusc",
  "us-iso-": "aws-iso",
  "us-isob-": "aws-iso-b",
  "eu-isoe-": "aws-iso-e",
  "us-isof-": "aws-iso-f",
};

function partitionOf(region: string): string {
  return Object.entries(PARTITIONS).find(([prefix]) => region.startsWith(prefix))?.[1] ?? "aws";
}
