import type { FailureRow } from "./connect-failure.js";

const NETWORK_REMEDY =
  "Check that the function runs in the proxy's VPC, that its security group may reach the proxy's port, and " +
  "that the proxy and its database are available.";
const CERTIFICATE_REMEDY =
  "The server's certificate was not accepted. An RDS Proxy is verified with Node's own roots, an RDS instance " +
  "with the RDS bundle; a local proxy or a private CA needs `ssl.ca` or NODE_EXTRA_CA_CERTS. Behind a tunnel or " +
  "CNAME set `signingHost`, or `ssl.servername`, to the real endpoint.";

/**
 * What Node reports for both engines when no server had a say.
 * Source: https://nodejs.org/api/errors.html#common-system-errors and https://nodejs.org/api/tls.html
 */
export const NODE_FAILURES: readonly FailureRow[] = [
  {
    codes: [
      "ECONNREFUSED",
      "ECONNRESET",
      "ETIMEDOUT",
      "EPIPE",
      "EHOSTUNREACH",
      "ENETUNREACH",
      "ENETDOWN",
      "EAI_AGAIN",
      "ECONNABORTED",
    ],
    kind: "dropped",
    remedy: NETWORK_REMEDY,
  },
  {
    codes: ["ENOTFOUND"],
    kind: "dropped",
    isLimited: true,
    remedy: "The host name is unknown. Check the endpoint's spelling and that the VPC resolves DNS names.",
  },
  {
    codes: ["EADDRNOTAVAIL", "EMFILE"],
    kind: "dropped",
    isLimited: true,
    remedy:
      "This process has no local port or file descriptor left: look for connections that are never closed.",
  },
  {
    codes: [
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "ERR_TLS_CERT_ALTNAME_FORMAT",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "UNABLE_TO_GET_ISSUER_CERT",
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
      "CERT_HAS_EXPIRED",
      "CERT_NOT_YET_VALID",
      "CERT_SIGNATURE_FAILURE",
      "CERT_UNTRUSTED",
      "CERT_REJECTED",
      "INVALID_CA",
      "INVALID_PURPOSE",
    ],
    kind: "permanent",
    isTls: true,
    remedy: CERTIFICATE_REMEDY,
  },
  {
    codes: [
      "EPROTO",
      "ERR_SSL_WRONG_VERSION_NUMBER",
      "ERR_SSL_UNSUPPORTED_PROTOCOL",
      "ERR_SSL_NO_PROTOCOLS_AVAILABLE",
    ],
    kind: "permanent",
    isTls: true,
    remedy: "The two sides have no TLS version in common, or the port does not speak this protocol.",
  },
  {
    text: /certificate|self-signed|altnames/i,
    kind: "permanent",
    isTls: true,
    remedy: CERTIFICATE_REMEDY,
  },
];
