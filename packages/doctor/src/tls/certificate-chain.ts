import { X509Certificate } from "node:crypto";
import { type Certificate, type DetailedPeerCertificate, getCACertificates } from "node:tls";
import type { ResolvedRdsProxyOptions } from "@rds-proxy/core/adapter";
import type { DiagnosisFact } from "../report.js";

/** From the server's own certificate up to the root, if the server sent the root or Node trusts it. */
export function chainOf(certificate: DetailedPeerCertificate): readonly DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = [];
  const seen = new Set<string>();
  for (
    let each: DetailedPeerCertificate | undefined = certificate;
    each?.raw && !seen.has(each.fingerprint256);
    // A root is its own issuer.
    each = each.issuerCertificate
  ) {
    seen.add(each.fingerprint256);
    chain.push(each);
  }
  return chain;
}

/** The common name, or the organisation, or `(no name)`. */
export function nameOf(name: Certificate | undefined): string {
  return first(name?.CN) ?? first(name?.O) ?? "(no name)";
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** The root's owner, by its name. Names: https://www.amazontrust.com/repository and the RDS bundle. */
export function issuerOf(chain: readonly DetailedPeerCertificate[]): "amazon" | "rds" | "other" {
  const issuer = chain.at(-1)?.issuer;
  if (/^Amazon RDS\b/.test(nameOf(issuer))) return "rds";
  return /^Amazon Root CA \d|^Starfield Services Root/.test(nameOf(issuer)) ? "amazon" : "other";
}

/** The root, and which list of trusted roots contains it. */
export function rootFact(
  chain: readonly DetailedPeerCertificate[],
  { tls }: ResolvedRdsProxyOptions,
): DiagnosisFact {
  const root = chain.at(-1);
  const name = nameOf(root?.issuer);
  const isRoot = root !== undefined && root.issuerCertificate?.fingerprint256 === root.fingerprint256;
  if (!isRoot) return { name: "root", value: `${name}: not sent, and not a trusted root` };
  const isIn = (roots: readonly string[]): boolean =>
    roots.some((pem) => new X509Certificate(pem).fingerprint256 === root.fingerprint256);
  const trust = isIn(getCACertificates("bundled"))
    ? "one of Node's roots"
    : isIn(getCACertificates("extra"))
      ? "from NODE_EXTRA_CA_CERTS"
      : isIn(tls.roots() ?? [])
        ? issuerOf(chain) === "rds"
          ? "of the RDS bundle"
          : "from ssl.ca"
        : "not a trusted root";
  return { name: "root", value: `${name}: ${trust}` };
}
