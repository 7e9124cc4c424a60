import type { Endpoint } from "@rds-proxy/core/adapter";
import type { DiagnosisCause } from "../report.js";

/** Node's codes for a name that does not exist. Others mean that the name server did not answer. */
const UNKNOWN_NAME = ["ENOTFOUND", "ENODATA"];

/** Why a host has no address. */
export function addressCauses({ host, kind, region }: Endpoint, code: string): readonly DiagnosisCause[] {
  const resolver: DiagnosisCause = {
    cause: "The VPC has no DNS resolution, or the resolver cannot be reached from this subnet.",
    remedy:
      "Enable enableDnsSupport and enableDnsHostnames for the VPC. With a DNS server of your own (DHCP option set), " +
      "allow UDP and TCP 53 to it in the security group and the network ACL.",
    example: "aws ec2 modify-vpc-attribute --vpc-id vpc-ID --enable-dns-support",
  };
  if (!UNKNOWN_NAME.includes(code)) return [resolver];
  if (kind === "custom") {
    return [
      { cause: `${host} is misspelt.`, remedy: "Copy the endpoint from the RDS console." },
      {
        cause: "The name is in a private hosted zone that is not associated with this VPC.",
        remedy: "Associate the zone with the VPC, or use the endpoint's own name.",
      },
      resolver,
    ];
  }
  return [
    {
      cause:
        kind === "proxy"
          ? `No proxy has this endpoint in ${region}: the name is misspelt, or the proxy was deleted or recreated.`
          : `No instance or cluster has this endpoint in ${region}: the name is misspelt, or it was deleted or renamed.`,
      remedy: "Copy the endpoint from the RDS console, or list all of them:",
      example:
        kind === "proxy"
          ? `aws rds describe-db-proxies --region ${region} --query "DBProxies[].Endpoint"`
          : `aws rds describe-db-instances --region ${region} --query "DBInstances[].Endpoint.Address"`,
    },
    resolver,
  ];
}
