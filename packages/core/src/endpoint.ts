import type { Engine } from "./engine.js";

/** What stands behind a host name, as far as its form tells. */
export type EndpointKind =
  /** `NAME.proxy-ID.REGION.rds.amazonaws.com` or `NAME.endpoint.proxy-ID...`: certificate from an Amazon root. */
  | "proxy"
  /** Any other name below `rds.amazonaws.com`: an instance or cluster, certificate from an RDS root. */
  | "instance"
  /** A tunnel, a CNAME, a local proxy: assumed to lead to an RDS Proxy. */
  | "custom";

/** One database endpoint: what is dialled, what is signed and whose certificate is expected. */
export interface Endpoint {
  readonly engine: Engine;
  readonly kind: EndpointKind;
  /** What is dialled. */
  readonly host: string;
  readonly port: number;
  /** What the token is signed for. Differs from what is dialled behind a tunnel or a CNAME. */
  readonly signingHost: string;
  readonly signingPort: number;
  /** The name the certificate must carry, and the SNI. */
  readonly servername: string;
  readonly region: string;
  /** Empty until the secret has been read, where only a secret tells it. */
  readonly user: string;
  readonly database: string | undefined;
}

// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html and, for the partition in
// China, https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html
const RDS_NAME = /\.(?:([a-z]{2}(?:-[a-z]+)+-\d+)\.rds|rds\.(cn-[a-z]+-\d+))\.amazonaws\.com(?:\.cn)?$/;
const PROXY_LABEL = /^[a-z0-9-]+(?:\.endpoint)?\.proxy-[a-z0-9]+\./;

/** The kind and region that a host name tells by its form. */
export function parseEndpointName(host: string): { kind: EndpointKind; region: string | undefined } {
  const match = RDS_NAME.exec(host);
  if (!match) return { kind: "custom", region: undefined };
  return { kind: PROXY_LABEL.test(host) ? "proxy" : "instance", region: match[1] ?? match[2] };
}

/** `user@host:port` as it appears in messages. */
export function describeEndpoint({ user, host, port }: Endpoint): string {
  return `${user === "" ? "" : `${user}@`}${host}:${port}`;
}
