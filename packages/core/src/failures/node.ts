import type { FailureRow } from "./connect-failure.js";
import { CERTIFICATE_REMEDY, NETWORK_REMEDY, TLS_VERSION_REMEDY, UNKNOWN_HOST_REMEDY } from "./remedies.js";

/** Node's codes for networks and peers that fail; often transient. */
export const NETWORK_CODES: readonly string[] = [
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "EPIPE",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "EAI_AGAIN",
  "ECONNABORTED",
];

/**
 * Node's own errors, for both engines.
 * Source: https://nodejs.org/api/errors.html#common-system-errors and https://nodejs.org/api/tls.html
 */
export const NODE_FAILURES: readonly FailureRow[] = [
  { codes: NETWORK_CODES, kind: "dropped", remedy: NETWORK_REMEDY },
  {
    codes: ["ENOTFOUND"],
    kind: "dropped",
    retry: "once",
    remedy: UNKNOWN_HOST_REMEDY,
  },
  {
    codes: ["EADDRNOTAVAIL", "EMFILE"],
    kind: "dropped",
    retry: "once",
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
      "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
      "ERR_SSL_NO_SHARED_CIPHER",
      "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
      "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE",
    ],
    kind: "permanent",
    isTls: true,
    remedy: TLS_VERSION_REMEDY,
  },
  // Errors without a code, which a wrapper created from the message alone.
  { text: new RegExp(`\\b(?:${NETWORK_CODES.join("|")})\\b`), kind: "dropped", remedy: NETWORK_REMEDY },
  { text: /\bENOTFOUND\b/, kind: "dropped", retry: "once", remedy: UNKNOWN_HOST_REMEDY },
  {
    text: /certificate|self-signed|altnames/i,
    kind: "permanent",
    isTls: true,
    remedy: CERTIFICATE_REMEDY,
  },
];
