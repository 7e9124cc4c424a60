import type { Engine } from "./engine.js";

/** The kind of server behind a host name, by the form of the name. */
export type EndpointKind =
  /**
   * `NAME.proxy-ID.REGION.rds.amazonaws.com` or `NAME.endpoint.proxy-ID...`, in any partition: certificate from an Amazon
   * root.
   */
  | "proxy"
  /** Any other name of RDS: an instance, a cluster or a global database; certificate from an RDS root. */
  | "instance"
  /** Aurora DSQL: certificate from an Amazon root, and tokens of its own, which the option `signer` makes. */
  | "dsql"
  /** A tunnel, a CNAME or a local proxy: assumed to lead to an RDS Proxy. */
  | "custom";

/** Whether an endpoint takes writes: RDS's `TargetRole` of a proxy's endpoint. */
export type TargetRole = "read-write" | "read-only";

/** A database endpoint: the address to connect to, to sign for, and the name in the certificate. */
export interface Endpoint {
  readonly engine: Engine;
  readonly kind: EndpointKind;
  readonly targetRole: TargetRole;
  /** Host and port to connect to. */
  readonly host: string;
  readonly port: number;
  /** Host and port that the token is signed for. They differ from `host` and `port` behind a tunnel or a CNAME. */
  readonly signingHost: string;
  readonly signingPort: number;
  /** The name that the certificate must have; sent as SNI. */
  readonly servername: string;
  /** Empty if the option `signer` makes the tokens, and neither a name nor a variable has the region. */
  readonly region: string;
  /** Empty if the user comes from a secret that has not been read yet. */
  readonly user: string;
  readonly database: string | undefined;
}

/**
 * The suffix of each partition. Source: `partitions.json` of the AWS SDKs, `dnsSuffix`; aws and aws-us-gov have the first,
 * then come aws-cn, aws-eusc, aws-iso, aws-iso-b, aws-iso-e and aws-iso-f.
 */
const SUFFIX =
  "(?:amazonaws\\.com|amazonaws\\.com\\.cn|amazonaws\\.eu|c2s\\.ic\\.gov|sc2s\\.sgov\\.gov|cloud\\.adc-e\\.uk|csp\\.hci\\.ic\\.gov)";
const REGION = "[a-z]{2,}(?:-[a-z]+)+-\\d+";
/**
 * `REGION.rds`, or `rds.REGION` as in China and in partitions of governments. Sources:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html,
 * https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html, and `rds_utils.ts` of AWS's own Node.js wrapper,
 * which handles both orders.
 */
const RDS_NAME = new RegExp(`\\.(?:(${REGION})\\.rds|rds\\.(${REGION}))\\.${SUFFIX}$`);
const PROXY_LABEL = /^[a-z0-9-]+(?:\.endpoint)?\.proxy-[a-z0-9]+\./;
/**
 * The writer of an Aurora global database, in whichever region it is:
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-connecting.html
 */
const GLOBAL_NAME = new RegExp(`\\.global-[a-z0-9]+\\.global\\.rds\\.${SUFFIX}$`);

/**
 * `ID.dsql.REGION.on.aws`, or `ID.dsql-SUFFIX.REGION.on.aws` by PrivateLink. Source:
 * https://docs.aws.amazon.com/aurora-dsql/latest/userguide/privatelink-managing-clusters.html
 */
const DSQL_NAME = new RegExp(`\\.dsql[^.]*\\.(${REGION})\\.on\\.aws$`);

/** The kind and region of a host name. A global database has the kind `instance` and no region. */
export function parseEndpointName(host: string): { kind: EndpointKind; region: string | undefined } {
  const match = RDS_NAME.exec(host);
  const dsql = DSQL_NAME.exec(host);
  if (dsql) return { kind: "dsql", region: dsql[1] };
  if (!match) return { kind: GLOBAL_NAME.test(host) ? "instance" : "custom", region: undefined };
  return { kind: PROXY_LABEL.test(host) ? "proxy" : "instance", region: match[1] ?? match[2] };
}

/** `user@host:port` as it appears in messages; an IPv6 address is in brackets. */
export function describeEndpoint({ user, host, port }: Endpoint): string {
  return `${user === "" ? "" : `${user}@`}${host.includes(":") ? `[${host}]` : host}:${port}`;
}
