import type { ConnectionOptions, PeerCertificate } from "node:tls";
import { expect, it } from "vitest";
import { resolvedOptions } from "../../../core/src/testing/resolved-options.js";
import { clientConfig } from "./client-config.js";

function verify(host: string, subjectaltname: string): Error | undefined {
  const { ssl } = clientConfig(resolvedOptions({ host, region: "eu-west-1" }), {}, async () => "a token");
  const { checkServerIdentity }: ConnectionOptions = typeof ssl === "object" ? ssl : {};
  const certificate: Partial<PeerCertificate> = {
    subject: { CN: "" } as PeerCertificate["subject"],
    subjectaltname,
  };
  return checkServerIdentity?.("another", certificate as PeerCertificate);
}

it.each([
  ["a name", "db.example", "DNS:db.example", "DNS:db2.example"],
  ["an address", "10.0.0.7", "IP Address:10.0.0.7", "IP Address:10.0.0.8"],
])("a certificate has to be for %s that is dialled", (_, host, own, other) => {
  expect(verify(host, own)).toBeUndefined();
  expect(verify(host, other)).toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
});
