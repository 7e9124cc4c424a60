import type { DetailedPeerCertificate } from "node:tls";
import type { Endpoint, ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import type { DiagnosisCause } from "../report.js";
import { issuerOf, nameOf } from "../tls/certificate-chain.js";
import type { TlsAnswer } from "../tls/request-tls.js";

/** Why the server did not begin a TLS handshake. */
export function refusedTlsCauses(
  endpoint: Endpoint,
  answer: Exclude<TlsAnswer, { answer: "agreed" | "error" }>,
): readonly DiagnosisCause[] {
  switch (answer.answer) {
    case "no TLS":
      return [
        {
          cause: "This is not an RDS Proxy, which always has TLS, but a database without a certificate.",
          remedy:
            endpoint.engine === "postgres"
              ? "Connect to the proxy, or give the server a certificate (ssl = on). A token is never sent without TLS."
              : "Connect to the proxy, or give the server a certificate (ssl_cert). A token is never sent without TLS.",
        },
      ];
    case "other protocol":
      return answer.looksLike === "MySQL or MariaDB"
        ? [
            {
              cause: `The endpoint is one of MySQL or MariaDB, but the engine is set to ${endpoint.engine}.`,
              remedy: "Set --engine mysql, or the option `engine`.",
            },
          ]
        : [
            {
              cause: `Another server listens on ${endpoint.host}:${endpoint.port}: a tunnel to another port, or a web server.`,
              remedy:
                "Compare host and port with the endpoint in the RDS console, and check the tunnel's target.",
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

/** A PostgreSQL server waits for the client to speak first, a MySQL client waits for the server. */
function waitsForOther({ engine }: Endpoint): readonly DiagnosisCause[] {
  if (engine === "postgres") return [];
  return [
    {
      cause:
        "The endpoint is one of PostgreSQL, which waits for the client to speak first, as MySQL waits for the server.",
      remedy: "Set --engine postgres, or the option `engine`.",
    },
  ];
}

function tunnel({ kind }: Endpoint): DiagnosisCause {
  return kind === "custom"
    ? {
        cause: "A tunnel or load balancer accepts connections, but its target does not answer.",
        remedy: "Check its target, and that its other end can reach the proxy.",
      }
    : {
        cause: "A firewall or an inspecting appliance intercepts the connection.",
        remedy: "Exempt the traffic to the proxy's subnets.",
      };
}

function overloaded(): DiagnosisCause {
  return {
    cause: "The proxy is starting or scaling, or has reached its connection limit.",
    remedy:
      "Check its status and the metrics ClientConnections and ClientConnectionsSetupFailedAuth; try again.",
  };
}

/** Why a TLS handshake failed. */
export function handshakeCauses(
  endpoint: Endpoint,
  code: string,
  message: string,
): readonly DiagnosisCause[] {
  if (/version|protocol|cipher|handshake.failure/i.test(`${code} ${message}`)) {
    return [
      {
        cause: "The two sides have no TLS version or cipher in common.",
        remedy:
          "RDS Proxy does not support TLS 1.3 for MariaDB: remove --tls-min-v1.3 from NODE_OPTIONS. For an old server, " +
          "raise its TLS version to 1.2.",
      },
    ];
  }
  return [tunnel(endpoint), overloaded()];
}

/**
 * Why a certificate is not accepted.
 *
 * @param missingBundle where to get the RDS roots of the endpoint's region; undefined if the installed bundle has them
 */
export function certificateCauses(
  { endpoint, runtime }: ResolvedRdsProxyOptions,
  code: string,
  certificate: DetailedPeerCertificate,
  chain: readonly DetailedPeerCertificate[],
  missingBundle: string | undefined,
): readonly DiagnosisCause[] {
  switch (code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return wrongName(endpoint, certificate);
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return [
        {
          cause: `The clock of this machine is wrong: it shows ${new Date(runtime.clock.now()).toISOString()}.`,
          remedy: "Synchronize it with NTP.",
        },
        {
          cause: `The certificate is valid from ${certificate.valid_from} to ${certificate.valid_to}.`,
          remedy:
            endpoint.kind === "instance"
              ? "Rotate the instance's certificate: modify it to a CA that has not expired, such as rds-ca-rsa2048-g1."
              : "Renew it at its issuer. AWS renews the certificates of proxies.",
        },
      ];
    default:
      return [
        ...(missingBundle === undefined
          ? []
          : [
              {
                cause: `The RDS roots of ${endpoint.region} are not trusted.`,
                remedy: missingBundle,
              },
            ]),
        ...unknownIssuer(endpoint, chain),
      ];
  }
}

function wrongName(
  { host, servername }: Endpoint,
  certificate: DetailedPeerCertificate,
): readonly DiagnosisCause[] {
  const real = /DNS:(\S+\.rds\.amazonaws\.com(?:\.cn)?)/.exec(certificate.subjectaltname ?? "")?.[1];
  return [
    {
      cause: `${host} is a CNAME, a tunnel or an address, but the certificate has the endpoint's own name.`,
      remedy:
        "Use the endpoint's own name as the host, or set `signingHost` (--signing-host) to it; the token is signed for it, too.",
      ...(real === undefined ? {} : { example: `--signing-host ${real.replace("*.", "NAME.")}` }),
    },
    {
      cause: "Another server answers at this address.",
      remedy: "Compare the certificate's names with the endpoint in the RDS console.",
    },
    ...(servername === host
      ? []
      : [
          {
            cause: `The expected name, ${servername}, is not the endpoint's name.`,
            remedy: "Correct `signingHost` or `ssl.servername`.",
          },
        ]),
  ];
}

function unknownIssuer(
  { kind }: Endpoint,
  chain: readonly DetailedPeerCertificate[],
): readonly DiagnosisCause[] {
  const issuer = nameOf(chain.at(-1)?.issuer);
  if (issuerOf(chain) === "rds") {
    return [
      {
        cause: `The certificate belongs to an RDS instance or cluster (${issuer}), not to a proxy.`,
        remedy:
          "Use the instance's own name as the host: the RDS bundle is trusted for it. Behind a tunnel or CNAME, set " +
          "`signingHost` to that name. Or connect to the proxy.",
      },
      {
        cause: "The trusted bundle is older than this CA.",
        remedy: "Trust the bundle of https://truststore.pki.rds.amazonaws.com with `ssl.ca` (--ca-file).",
      },
    ];
  }
  const local: DiagnosisCause = {
    cause: `The server is a local proxy, or has a certificate of a private CA (${issuer}).`,
    remedy:
      "Trust its root with `ssl.ca` (--ca-file), or with NODE_EXTRA_CA_CERTS, which Node reads when it starts.",
    example: "NODE_EXTRA_CA_CERTS=/path/to/ca.pem npx @rds-proxy/doctor",
  };
  const inspected: DiagnosisCause = {
    cause: `An appliance that inspects TLS replaces the certificate with its own (${issuer}).`,
    remedy: "Exempt the traffic to the database.",
  };
  return kind === "custom" ? [local, inspected] : [inspected, local];
}
