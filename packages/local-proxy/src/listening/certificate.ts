// tsyringe, a dependency of @peculiar/x509, needs this polyfill loaded first.
import "reflect-metadata";
import { randomUUID, type webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A server certificate and the certificate authority that signed it, in PEM. */
export interface ServerCertificate {
  /** The authority's certificate, which clients have to trust. */
  readonly ca: string;
  /** The server's certificate. */
  readonly certificate: string;
  /** The server's private key. */
  readonly privateKey: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 24 * 60 * 60 * 1000;

/** Creates a certificate authority, and a server certificate that it signs for `hosts` (names or IP addresses). */
export async function createServerCertificate(hosts: readonly string[]): Promise<ServerCertificate> {
  const caKeys = await generateKeys();
  const ca = await X509CertificateGenerator.createSelfSigned({
    // A unique name: a client that trusts several authorities tells them apart by it.
    name: `CN=Local RDS Proxy CA ${randomUUID()}`,
    keys: caKeys,
    signingAlgorithm: algorithm,
    ...validity(),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  const serverKeys = await generateKeys();
  const server = await X509CertificateGenerator.create({
    subject: "CN=Local RDS Proxy",
    issuer: ca.subject,
    publicKey: serverKeys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: algorithm,
    ...validity(),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
      ),
    ],
  });
  const privateKey = await crypto.subtle.exportKey("pkcs8", serverKeys.privateKey);
  return {
    ca: ca.toString("pem"),
    certificate: server.toString("pem"),
    privateKey: PemConverter.encode(privateKey, "PRIVATE KEY"),
  };
}

// Valid from yesterday, for clients whose clock is behind.
function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + 30 * dayMs) };
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}
