import { Socket } from "node:net";
import { type ConnectionOptions, type PeerCertificate, rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { PROXY_HOST, resolvedOptions } from "../../../core/src/testing/resolved-options.js";
import { clientConfig, portableClientConfig } from "./client-config.js";

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

const password = async (): Promise<string> => "a token";

describe("the configuration of a client", () => {
  it("has the endpoint, and verifies the server by it", () => {
    const config = clientConfig(resolvedOptions({ port: 5433, database: "shop" }), {}, password);
    expect(config).toMatchObject({
      host: PROXY_HOST,
      port: 5433,
      user: "app",
      database: "shop",
      password,
      ssl: { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) },
    });
  });

  it("names no database where none is known", () => {
    const options = resolvedOptions();
    const endpoint = { ...options.endpoint, database: undefined };
    expect(clientConfig({ ...options, endpoint }, {}, password)).not.toHaveProperty("database");
  });

  it("includes node-postgres's own options, none of which overrides these", () => {
    const given = { application_name: "orders", ...{ host: "elsewhere", ssl: false } };
    expect(clientConfig(resolvedOptions(), given, password)).toMatchObject({
      application_name: "orders",
      host: PROXY_HOST,
      ssl: { rejectUnauthorized: true },
    });
  });

  it("begins TLS by a request, unless that is asked for otherwise", () => {
    const options = resolvedOptions();
    expect(clientConfig(options, {}, password).sslnegotiation).toBe("postgres");
    expect(clientConfig(options, { sslnegotiation: "direct" }, password).sslnegotiation).toBe("direct");
  });

  it("has the roots in a context, which is in a copy, too, and which each connection gets with its socket", () => {
    const ca = rootCertificates.slice(0, 1);
    const options = resolvedOptions({ ssl: { ca } });
    const { ssl, stream } = clientConfig(options, {}, password);
    expect({ ...Object(ssl) }.secureContext).toBe(options.tls.secureContext());
    const connection = { ssl: { ...Object(ssl) } };
    const sockets = [stream, stream].map((create) => Reflect.apply(Object(create), undefined, [connection]));
    expect(connection.ssl).toBe(ssl);
    expect(sockets[0]).toBeInstanceOf(Socket);
    expect(sockets[1]).not.toBe(sockets[0]);
    expect(Reflect.apply(Object(stream), undefined, [])).toBeInstanceOf(Socket);
  });
});

describe("the configuration for other libraries", () => {
  it("has the roots as texts, and the limit of an attempt", () => {
    const [root = ""] = rootCertificates;
    const options = resolvedOptions({ connectTimeoutMs: 1234, ssl: { ca: root, minVersion: "TLSv1.3" } });
    const { ssl, connectionTimeoutMillis } = portableClientConfig(options, {}, password);
    expect(connectionTimeoutMillis).toBe(1234);
    expect(ssl).toEqual({
      ca: options.tls.roots(),
      minVersion: "TLSv1.3",
      rejectUnauthorized: true,
      checkServerIdentity: expect.any(Function),
    });
    expect(portableClientConfig(resolvedOptions(), {}, password).ssl).not.toHaveProperty("ca");
  });

  it("requires a user, which cannot come from a secret later", () => {
    const options = resolvedOptions();
    const endpoint = { ...options.endpoint, user: "" };
    expect(() => portableClientConfig({ ...options, endpoint }, {}, password)).toThrow(
      "user: expected the user of the secret, received none. These options are plain values",
    );
  });
});
