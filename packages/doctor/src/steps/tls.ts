import { isIP, type Socket } from "node:net";
import { checkServerIdentity, connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { type Deadline, type ResolvedRdsProxyOptions, within } from "@rds-proxy/core/adapter";
import { classifyConnectFailure, missingBundle } from "@rds-proxy/core/diagnosis";
import { certificateCauses, handshakeCauses, refusedTlsCauses } from "../causes/tls-causes.js";
import { codeOf, messageOf } from "../error-text.js";
import { type Finding, failed } from "../finding.js";
import type { DiagnosisFact } from "../report.js";
import { chainOf, nameOf, rootFact } from "../tls/certificate-chain.js";
import { requestTls, type TlsAnswer } from "../tls/request-tls.js";

/**
 * Requests TLS on an open connection and verifies the certificate as the library does. Sends nothing but the handshake, and
 * destroys the socket.
 */
export async function inspectTls(
  socket: Socket,
  options: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<Finding<undefined>> {
  const { endpoint, tls } = options;
  try {
    const answer = await requestTls(socket, endpoint.engine, deadline);
    const facts = versionFacts(answer);
    if (answer.answer !== "agreed") return refusedTls(answer, options, facts);
    await tls.prepare?.();
    const secured = await handshake(socket, options, deadline);
    return await findingOf(secured, options, facts);
  } catch (error) {
    return failed(
      `The TLS handshake failed: ${messageOf(error)}.`,
      handshakeCauses(endpoint, codeOf(error), messageOf(error)),
    );
  } finally {
    socket.destroy();
  }
}

function versionFacts(answer: TlsAnswer): DiagnosisFact[] {
  if (!("serverVersion" in answer) || answer.serverVersion === undefined) return [];
  return [{ name: "greeting", value: answer.serverVersion }];
}

function refusedTls(
  answer: Exclude<TlsAnswer, { answer: "agreed" }>,
  { endpoint }: ResolvedRdsProxyOptions,
  facts: readonly DiagnosisFact[],
): Finding<undefined> {
  if (answer.answer === "error") {
    const { message, code } = answer;
    const { remedy } = classifyConnectFailure({ code, message }, endpoint.engine);
    return failed(`The server answered with an error: ${message.replace(/\.$/, "")} (${code}).`, [
      { cause: "The server accepts no connections at present, from any user.", remedy },
    ]);
  }
  const problem = {
    "no TLS": "The server has TLS switched off.",
    "other protocol": `The server does not speak the protocol of ${endpoint.engine}${
      "looksLike" in answer && answer.looksLike !== "something else"
        ? `: it looks like ${answer.looksLike}`
        : ""
    }.`,
    silence: "The server accepted the connection, but did not answer in time.",
    closed: "The server accepted the connection, and closed it before TLS began.",
  }[answer.answer];
  return failed(problem, refusedTlsCauses(endpoint, answer), facts);
}

async function handshake(
  socket: Socket,
  { tls }: ResolvedRdsProxyOptions,
  deadline: Deadline,
): Promise<TLSSocket> {
  const { servername } = tls;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const secureContext = tls.secureContext();
  const secured = connect({
    socket,
    host: servername,
    // SNI is for names: RFC 6066 forbids addresses.
    ...(isIP(servername) ? {} : { servername }),
    ...(secureContext ? { secureContext } : {}),
    checkServerIdentity: (_host, certificate) => checkServerIdentity(servername, certificate),
    // To read the names of a certificate that fails verification. Node still verifies it and sets `authorizationError`.
    // No token or password is sent on this connection.
    rejectUnauthorized: false,
  });
  secured.once("secureConnect", resolve);
  secured.on("error", reject);
  socket.once("close", () => reject(new Error("the server closed the connection")));
  await within(promise, deadline, () => new Error("the server did not complete it in time"));
  return secured;
}

async function findingOf(
  secured: TLSSocket,
  options: ResolvedRdsProxyOptions,
  versions: readonly DiagnosisFact[],
): Promise<Finding<undefined>> {
  const { servername } = options.tls;
  const certificate = secured.getPeerCertificate(true);
  const chain = chainOf(certificate);
  const facts: DiagnosisFact[] = [
    ...versions,
    { name: "version", value: secured.getProtocol() ?? "unknown" },
    { name: "expected name", value: servername },
    { name: "names", value: namesOf(certificate) },
    ...chain.map((each) => ({
      name: "certificate",
      value: `${nameOf(each.subject)}, issued by ${nameOf(each.issuer)}, until ${expiryDate(each)}`,
    })),
    rootFact(chain, options),
  ];
  // Typed as Error, but a string at run time: the code of Node or OpenSSL.
  const refusal: unknown = secured.authorizationError;
  if (secured.authorized || !refusal) return { outcome: "ok", facts, result: undefined };
  const code = refusal instanceof Error ? codeOf(refusal) : String(refusal);
  const reason =
    code === "ERR_TLS_CERT_ALTNAME_INVALID"
      ? `it is not for ${servername}, but for ${namesOf(certificate)}`
      : (REASONS[code] ?? code);
  return failed(
    `The server's certificate is not accepted: ${reason}.`,
    certificateCauses(
      options,
      code,
      certificate,
      chain,
      await missingBundle(options, OPENSSL_MESSAGES[code] ?? ""),
    ),
    facts,
  );
}

/** OpenSSL's messages for the codes about roots. Source: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/ */
const OPENSSL_MESSAGES: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: "self-signed certificate in certificate chain",
  UNABLE_TO_GET_ISSUER_CERT: "unable to get issuer certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unable to get local issuer certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unable to verify the first certificate",
};

const REASONS: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: "its root is not trusted",
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is self-signed",
  UNABLE_TO_GET_ISSUER_CERT: "its issuer is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its issuer is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its issuer is not trusted",
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet",
};

/** At most six names, without their type prefix, as in `DNS:`. */
function namesOf({ subject, subjectaltname }: DetailedPeerCertificate): string {
  const names = subjectaltname?.split(", ").map((name) => name.replace(/^(?:DNS|IP Address):/, ""));
  if (!names) return nameOf(subject);
  return names.length > 6 ? `${names.slice(0, 6).join(", ")} and ${names.length - 6} more` : names.join(", ");
}

function expiryDate({ valid_to }: DetailedPeerCertificate): string {
  return new Date(valid_to).toISOString().slice(0, 10);
}
