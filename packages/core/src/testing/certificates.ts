// tsyringe, below @peculiar/x509, needs the polyfill to be loaded before it.
import "reflect-metadata";
import { isIP } from "node:net";
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 24 * 60 * 60_000;

/** A private root, and a server's certificate and key below it, as PEM. */
export interface TestCertificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * @param host the name or IP address that the server's certificate is for
 * @param options `rootName`: common name of the root; by default one of its own, since roots are looked up by it.
 *   `daysLeft`: until both end; by default 1
 */
export async function createCertificates(
  host: string,
  { rootName = `Root ${crypto.randomUUID()}`, daysLeft = 1 }: { rootName?: string; daysLeft?: number } = {},
): Promise<TestCertificates> {
  const notAfter = new Date(Date.now() + daysLeft * DAY_MS);
  const validity = { notBefore: new Date(notAfter.getTime() - 2 * DAY_MS), notAfter };
  const rootKeys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const root = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: `CN=${rootName}`,
    keys: rootKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const leaf = await X509CertificateGenerator.create({
    ...validity,
    subject: "CN=Server",
    issuer: root.subject,
    publicKey: keys.publicKey,
    signingKey: rootKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new SubjectAlternativeNameExtension([{ type: isIP(host) === 0 ? "dns" : "ip", value: host }]),
    ],
  });
  return {
    ca: root.toString("pem"),
    cert: leaf.toString("pem"),
    key: PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY"),
  };
}
