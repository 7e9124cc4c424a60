import type { Endpoint } from "@rds-proxy/core";
import { DEFAULT_PORTS } from "@rds-proxy/core/diagnosis";
import type { Cause } from "../report.js";

/** Why an address cannot be reached. */
export function networkCauses(endpoint: Endpoint, code: string): readonly Cause[] {
  switch (code) {
    case "ECONNREFUSED":
      return [...wrongPort(endpoint), nothingListens(endpoint)];
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return [noRoute(endpoint), ...securityGroups(endpoint)];
    default:
      return [...securityGroups(endpoint), noRoute(endpoint), ...wrongPort(endpoint)];
  }
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html: the ports of proxies cannot be chosen. */
function wrongPort({ engine, kind, port }: Endpoint): readonly Cause[] {
  const usual = DEFAULT_PORTS[engine];
  const [other, otherPort] =
    engine === "postgres"
      ? (["mysql", DEFAULT_PORTS.mysql] as const)
      : (["postgres", DEFAULT_PORTS.postgres] as const);
  if (kind === "proxy" && port !== usual) {
    return [
      {
        cause: `A proxy listens on ${usual} for ${engine}, and on no other port; this was ${port}.`,
        remedy: "Leave the port out, or correct it.",
      },
    ];
  }
  if (port !== usual) return [];
  return [
    {
      cause: `${usual} is the port of ${engine}; the endpoint may be one of ${other} (port ${otherPort}).`,
      remedy: `If it is, say so: --engine ${other}, or the option \`engine\`.`,
    },
  ];
}

function nothingListens({ kind, port }: Endpoint): Cause {
  if (kind === "custom") {
    return {
      cause: `Nothing listens on port ${port}: the tunnel or the local proxy is not running, or has another port.`,
      remedy: "Start it, and compare the port.",
    };
  }
  return {
    cause: "It is not available yet: still being created, modified, or stopped.",
    remedy: "Look at its status in the RDS console; a new proxy takes some minutes.",
  };
}

function securityGroups({ kind, port }: Endpoint): readonly Cause[] {
  const target = kind === "instance" ? "database" : "proxy";
  return [
    {
      cause: `The ${target}'s security group does not let this function in.`,
      remedy: `Add an inbound rule to it: TCP ${port} from the function's security group.`,
      example:
        `aws ec2 authorize-security-group-ingress --group-id sg-OF-THE-${target.toUpperCase()} --protocol tcp ` +
        `--port ${port} --source-group sg-OF-THE-FUNCTION`,
    },
    {
      cause: `The function's security group does not let it out to the ${target}.`,
      remedy: `Add an outbound rule to it: TCP ${port} to the ${target}'s security group.`,
      example:
        "aws ec2 authorize-security-group-egress --group-id sg-OF-THE-FUNCTION --ip-permissions " +
        `'IpProtocol=tcp,FromPort=${port},ToPort=${port},UserIdGroupPairs=[{GroupId=sg-OF-THE-${target.toUpperCase()}}]'`,
    },
  ];
}

function noRoute({ kind }: Endpoint): Cause {
  return {
    cause:
      kind === "instance"
        ? "This machine or function is not in the database's VPC, or in one without a route to it."
        : "This machine or function is not in the proxy's VPC: a proxy has no public address.",
    remedy:
      "Give the function the VPC's private subnets, or a peered VPC with routes both ways; from elsewhere go through a " +
      "tunnel (Session Manager, a bastion host, a VPN). Network ACLs have to let the answers back in, too.",
  };
}
