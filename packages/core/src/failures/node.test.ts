import { createServer, type Server } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { WRAPPERS } from "../testing/wrappers.js";
import { type ConnectFailure, classifyConnectFailure } from "./classify.js";
import { NODE_FAILURES } from "./node.js";

function coded(code: string, message = `connect ${code} 10.0.0.1:5432`): Error {
  return Object.assign(new Error(message), { code, errno: -111, syscall: "connect" });
}

type Traits = Pick<ConnectFailure, "kind" | "retry" | "isTls">;

const RETRIED: Traits = { kind: "dropped", retry: "always", isTls: false };
const RETRIED_ONCE: Traits = { kind: "dropped", retry: "once", isTls: false };
const TLS: Traits = { kind: "permanent", retry: "never", isTls: true };

const VERDICTS: readonly [code: string, verdict: Traits][] = [
  ["ECONNREFUSED", RETRIED],
  ["ECONNRESET", RETRIED],
  ["ETIMEDOUT", RETRIED],
  ["EPIPE", RETRIED],
  ["EHOSTUNREACH", RETRIED],
  ["ENETUNREACH", RETRIED],
  ["ENETDOWN", RETRIED],
  ["EAI_AGAIN", RETRIED],
  ["ECONNABORTED", RETRIED],
  ["EADDRNOTAVAIL", RETRIED_ONCE],
  ["EMFILE", RETRIED_ONCE],
  ["ENOTFOUND", RETRIED_ONCE],
  ["ERR_TLS_CERT_ALTNAME_INVALID", TLS],
  ["SELF_SIGNED_CERT_IN_CHAIN", TLS],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", TLS],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", TLS],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", TLS],
  ["UNABLE_TO_GET_ISSUER_CERT", TLS],
  ["ERR_TLS_CERT_ALTNAME_FORMAT", TLS],
  ["CERT_HAS_EXPIRED", TLS],
  ["CERT_NOT_YET_VALID", TLS],
  ["CERT_SIGNATURE_FAILURE", TLS],
  ["CERT_UNTRUSTED", TLS],
  ["CERT_REJECTED", TLS],
  ["INVALID_CA", TLS],
  ["INVALID_PURPOSE", TLS],
  ["EPROTO", TLS],
  ["ERR_SSL_NO_PROTOCOLS_AVAILABLE", TLS],
  ["ERR_SSL_NO_SHARED_CIPHER", TLS],
  ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", TLS],
  ["ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE", TLS],
  ["ERR_SSL_WRONG_VERSION_NUMBER", TLS],
  ["ERR_SSL_UNSUPPORTED_PROTOCOL", TLS],
  ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", TLS],
];

describe.each(["postgres", "mysql"] as const)("what Node reports to a %s client", (engine) => {
  const traits = (error: unknown): Traits => {
    const { kind, retry, isTls } = classifyConnectFailure(error, engine);
    return { kind, retry, isTls };
  };

  it.each(VERDICTS)("%s is judged by its code, whatever the text: %o", (code, verdict) => {
    expect(traits(coded(code))).toEqual(verdict);
    expect(traits(coded(code, "it failed"))).toEqual(verdict);
  });

  it.each(Object.entries(WRAPPERS))("%s it is judged alike", (_, wrap) => {
    expect(VERDICTS.map(([code]) => [code, traits(wrap(coded(code)))])).toEqual(VERDICTS);
  });

  it.each([
    ["read ECONNRESET", RETRIED],
    ["connect ECONNREFUSED 127.0.0.1:5432", RETRIED],
    ["connect ETIMEDOUT", RETRIED],
    ["getaddrinfo EAI_AGAIN shop.example", RETRIED],
    ["getaddrinfo ENOTFOUND shop.example", RETRIED_ONCE],
    ["self-signed certificate in certificate chain", TLS],
    ["unable to get local issuer certificate", TLS],
    ["Hostname/IP does not match certificate's altnames: Host: shop.example", TLS],
  ])("%s is classified by its text when the code is missing", (message, verdict) => {
    expect(traits(new Error(message))).toEqual(verdict);
  });
});

describe("failures of a real socket", () => {
  async function listen(server: Server): Promise<number> {
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    onTestFinished(() => {
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return address.port;
  }

  function failureOfTls(port: number): Promise<unknown> {
    return new Promise((resolve) => {
      const socket = connectTls({ host: "127.0.0.1", port, servername: "localhost" });
      socket.once("error", resolve);
      socket.once("secureConnect", () => resolve(undefined));
    });
  }

  it("a peer that does not speak TLS is permanent and about TLS", async () => {
    const port = await listen(createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
    expect(classifyConnectFailure(await failureOfTls(port), "postgres")).toMatchObject(TLS);
  });

  it("a peer that hangs up during the TLS handshake is dropped", async () => {
    const port = await listen(createServer((socket) => socket.destroy()));
    expect(classifyConnectFailure(await failureOfTls(port), "postgres")).toMatchObject(RETRIED);
  });
});

describe("the table", () => {
  it("names a code once", () => {
    const codes = NODE_FAILURES.flatMap((row) => row.codes ?? []);
    expect(codes).toHaveLength(new Set(codes).size);
  });
});
