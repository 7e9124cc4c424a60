import type { Endpoint } from "@rds-proxy/core/adapter";
import { DEFAULT_PORTS } from "@rds-proxy/core/diagnosis";
import type { DiagnosisCause } from "../report.js";

/** Why an address cannot be reached. */
export function networkCauses(endpoint: Endpoint, code: string): readonly DiagnosisCause[] {
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

/** A proxy's port is fixed: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html */
function wrongPort({ engine, kind, port }: Endpoint): readonly DiagnosisCause[] {
  const usual = DEFAULT_PORTS[engine];
  const [other, otherPort] =
    engine === "postgres"
      ? (["mysql", DEFAULT_PORTS.mysql] as const)
      : (["postgres", DEFAULT_PORTS.postgres] as const);
  if (kind === "proxy" && port !== usual) {
    return [
      {
        cause: `A proxy for ${engine} listens on port ${usual} only; this is ${port}.`,
        remedy: "Remove the port, or correct it.",
      },
    ];
  }
  if (port !== usual) return [];
  return [
    {
      cause: `${usual} is the port of ${engine}, but the endpoint may be one for ${other} (port ${otherPort}).`,
      remedy: `If so, set --engine ${other}, or the option \`engine\`.`,
    },
  ];
}

function nothingListens({ kind, port }: Endpoint): DiagnosisCause {
  if (kind === "custom") {
    return {
      cause: `Nothing listens on port ${port}: the tunnel or the local proxy is not running, or listens on another port.`,
      remedy: "Start it, or correct the port.",
    };
  }
  return {
    cause: "It is not available: it is being created, modified or stopped.",
    remedy: "Check its status in the RDS console. A new proxy takes some minutes.",
  };
}

function securityGroups({ kind, port }: Endpoint): readonly DiagnosisCause[] {
  const target = kind === "instance" || kind === "dsql" ? "database" : "proxy";
  return [
    {
      cause: `The ${target}'s security group does not allow connections from this function.`,
      remedy: `Add an inbound rule to it: TCP ${port} from the function's security group.`,
      example:
        `aws ec2 authorize-security-group-ingress --group-id sg-OF-THE-${target.toUpperCase()} --protocol tcp ` +
        `--port ${port} --source-group sg-OF-THE-FUNCTION`,
    },
    {
      cause: `The function's security group does not allow connections to the ${target}.`,
      remedy: `Add an outbound rule to it: TCP ${port} to the ${target}'s security group.`,
      example:
        "aws ec2 authorize-security-group-egress --group-id sg-OF-THE-FUNCTION --ip-permissions " +
        `'IpProtocol=tcp,FromPort=${port},ToPort=${port},UserIdGroupPairs=[{GroupId=sg-OF-THE-${target.toUpperCase()}}]'`,
    },
  ];
}

function noRoute({ kind }: Endpoint): DiagnosisCause {
  return {
    cause:
      kind === "instance"
        ? "This machine or function is not in the database's VPC, and has no route to it."
        : "This machine or function is not in the proxy's VPC: a proxy has no public address.",
    remedy:
      "Attach the function to the VPC's private subnets, or to a peered VPC with routes in both directions. From elsewhere, " +
      "use a tunnel (Session Manager, a bastion host, a VPN). Network ACLs must allow the replies, too.",
  };
}
