import type { Endpoint } from "@rds-proxy/core";

/** Stands for the account where it is not known. */
const UNKNOWN_ACCOUNT = "ACCOUNT";

/**
 * The statement that lets a role log in, filled in as far as things are known. What is in capitals is left to fill in.
 * Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html
 */
export function connectStatement(endpoint: Endpoint, account: string | undefined): string {
  const { region, user } = endpoint;
  const resource = endpoint.kind === "instance" ? "db-RESOURCE-ID" : "prx-ID";
  const arn = `arn:${partitionOf(region)}:rds-db:${region}:${account ?? UNKNOWN_ACCOUNT}:dbuser:${resource}/${user}`;
  return JSON.stringify({ Effect: "Allow", Action: "rds-db:connect", Resource: arn }, undefined, 2);
}

/** What prints the resource's id in the statement; the ARN of a proxy ends with it. */
export function findResourceCommand({ kind, region, signingHost }: Endpoint): string {
  if (kind === "instance") {
    return (
      `aws rds describe-db-instances --region ${region} ` +
      `--query "DBInstances[?Endpoint.Address=='${signingHost}'].DbiResourceId" --output text`
    );
  }
  // An endpoint of its own has a name of its own, and belongs to a proxy all the same.
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
