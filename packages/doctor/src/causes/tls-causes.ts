import type { DetailedPeerCertificate } from "node:tls";
import type { Endpoint, ResolvedRdsProxyOptions } from "@rds-proxy/core";
import type { Cause } from "../report.js";
import { issuerOf, nameOf } from "../steps/certificate-chain.js";
import type { TlsAnswer } from "../steps/tls-request.js";

/** Why no handshake could begin. */
export function refusedTlsCauses(
  endpoint: Endpoint,
  answer: Exclude<TlsAnswer, { answer: "agreed" | "error" }>,
): readonly Cause[] {
  switch (answer.answer) {
    case "no TLS":
      return [
        {
          cause: "This is no RDS Proxy, which always speaks TLS, but a database without a certificate.",
          remedy:
            endpoint.engine === "postgres"
              ? "Connect to the proxy; or give the server a certificate (ssl = on). A token is never sent without TLS."
              : "Connect to the proxy; or give the server a certificate (ssl_cert). A token is never sent without TLS.",
        },
      ];
    case "other protocol":
      return answer.looksLike === "MySQL or MariaDB"
        ? [
            {
              cause: `It is a MySQL or MariaDB endpoint, and the engine was taken to be ${endpoint.engine}.`,
              remedy: "Say so: --engine mysql, or the option `engine`.",
            },
          ]
        : [
            {
              cause: `Something else listens on ${endpoint.host}:${endpoint.port}: a tunnel to another port, a web server.`,
              remedy: "Compare host and port with the endpoint in the RDS console, and where a tunnel leads.",
            },
          ];
    case "silence":
      return [...waitsForOther(endpoint), tunnel(endpoint), overloaded()];
    case "closed":
      return [tunnel(endpoint), overloaded()];
    default:
      return answer satisfies never;
  }
}

/** A PostgreSQL server says nothing before it is asked, and a client of MySQL does not ask. */
function waitsForOther({ engine }: Endpoint): readonly Cause[] {
  if (engine === "postgres") return [];
  return [
    {
      cause:
        "It is a PostgreSQL endpoint, which waits for the client to begin, as a MySQL client waits for it.",
      remedy: "Say so: --engine postgres, or the option `engine`.",
    },
  ];
}

function tunnel({ kind }: Endpoint): Cause {
  return kind === "custom"
    ? {
        cause: "A tunnel or load balancer accepts connections, and what is behind it does not answer.",
        remedy: "Check where it leads, and that its other end can reach the proxy.",
      }
    : {
        cause:
          "Something between here and the endpoint takes connections over: a firewall or an inspecting appliance.",
        remedy: "Let the traffic to the proxy's subnets past it.",
      };
}

function overloaded(): Cause {
  return {
    cause: "The proxy is starting, scaling, or over its limit of connections.",
    remedy:
      "Look at its status and at the metrics ClientConnections and ClientConnectionsSetupFailedAuth; try again.",
  };
}

/** Why a handshake broke off. */
export function handshakeCauses(endpoint: Endpoint, code: string, message: string): readonly Cause[] {
  if (/version|protocol|cipher|handshake.failure/i.test(`${code} ${message}`)) {
    return [
      {
        cause: "The two sides have no TLS version or cipher in common.",
        remedy:
          "RDS Proxy speaks no TLS 1.3 for MariaDB: take --tls-min-v1.3 out of NODE_OPTIONS. Behind an old server " +
          "raise its TLS version to 1.2.",
      },
    ];
  }
  return [tunnel(endpoint), overloaded()];
}

/**
 * Why a certificate is not accepted.
 *
 * @param missingBundle where to get the roots of the endpoint's region, if they do not come along
 */
export function certificateCauses(
  { endpoint, runtime }: ResolvedRdsProxyOptions,
  code: string,
  certificate: DetailedPeerCertificate,
  chain: readonly DetailedPeerCertificate[],
  missingBundle: string | undefined,
): readonly Cause[] {
  switch (code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return wrongName(endpoint, certificate);
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return [
        {
          cause: `The clock of this machine is wrong: it says ${new Date(runtime.clock.now()).toISOString()}.`,
          remedy: "Set it, by NTP.",
        },
        {
          cause: `The certificate is valid from ${certificate.valid_from} to ${certificate.valid_to}.`,
          remedy:
            endpoint.kind === "instance"
              ? "Rotate the instance's certificate: modify it to a CA that has not expired, such as rds-ca-rsa2048-g1."
              : "Whoever issued it has to renew it; AWS renews those of proxies by itself.",
        },
      ];
    default:
      return [
        ...(missingBundle === undefined
          ? []
          : [
              {
                cause: `The roots of ${endpoint.region} are not among the trusted ones.`,
                remedy: missingBundle,
              },
            ]),
        ...unknownIssuer(endpoint, chain),
      ];
  }
}

function wrongName({ host, servername }: Endpoint, certificate: DetailedPeerCertificate): readonly Cause[] {
  const real = /DNS:(\S+\.rds\.amazonaws\.com(?:\.cn)?)/.exec(certificate.subjectaltname ?? "")?.[1];
  return [
    {
      cause: `${host} is a CNAME, a tunnel or an address, and the certificate has the endpoint's own name.`,
      remedy:
        "Dial the endpoint's own name; or set `signingHost` (--signing-host) to it, which also signs the token for it.",
      ...(real === undefined ? {} : { example: `--signing-host ${real.replace("*.", "NAME.")}` }),
    },
    {
      cause: "Another server answers at this address.",
      remedy: "Compare the names of the certificate with the endpoint in the RDS console.",
    },
    ...(servername === host
      ? []
      : [
          {
            cause: `The expected name, ${servername}, is not that of the endpoint.`,
            remedy: "Correct `signingHost` or `ssl.servername`.",
          },
        ]),
  ];
}

function unknownIssuer({ kind }: Endpoint, chain: readonly DetailedPeerCertificate[]): readonly Cause[] {
  const issuer = nameOf(chain.at(-1)?.issuer);
  if (issuerOf(chain) === "rds") {
    return [
      {
        cause: `The certificate is of an RDS instance or cluster (${issuer}), and not of a proxy.`,
        remedy:
          "Dial the instance by its own name, for which the RDS bundle is trusted by itself; behind a tunnel or CNAME " +
          "set `signingHost` to that name. Or connect to the proxy.",
      },
      {
        cause: "The bundle that is trusted is older than this CA.",
        remedy: "Add the bundle of https://truststore.pki.rds.amazonaws.com by `ssl.ca` (--ca-file).",
      },
    ];
  }
  const local: Cause = {
    cause: `It is a local proxy, or a server with a private CA (${issuer}).`,
    remedy:
      "Trust its root: `ssl.ca` (--ca-file), or NODE_EXTRA_CA_CERTS, which Node reads at its start only.",
    example: "NODE_EXTRA_CA_CERTS=/path/to/ca.pem npx rds-proxy-doctor",
  };
  const inspected: Cause = {
    cause: `An appliance that inspects TLS puts its own certificate in place (${issuer}).`,
    remedy: "Let the traffic to the database past it.",
  };
  return kind === "custom" ? [local, inspected] : [inspected, local];
}
