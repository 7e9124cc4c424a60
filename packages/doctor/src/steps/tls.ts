import { isIP, type Socket } from "node:net";
import { checkServerIdentity, connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { type Deadline, type ResolvedRdsProxyOptions, within } from "@rds-proxy/core";
import { classifyConnectFailure, missingBundle } from "@rds-proxy/core/diagnosis";
import { certificateCauses, handshakeCauses, refusedTlsCauses } from "../causes/tls-causes.js";
import { codeOf, type Finding, failed, messageOf } from "../finding.js";
import type { Fact } from "../report.js";
import { chainOf, nameOf, rootFact } from "./certificate-chain.js";
import { requestTls, type TlsAnswer } from "./tls-request.js";

/**
 * Asks for TLS on an open connection and looks at the certificate, as the library verifies it. Nothing is sent to the
 * other side but the handshake, and the socket is closed in the end.
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
    if (answer.answer !== "agreed") return refused(answer, options, facts);
    await tls.prepare?.();
    const secured = await shakeHands(socket, options, deadline);
    return await judge(secured, options, facts);
  } catch (error) {
    return failed(
      `The TLS handshake failed: ${messageOf(error)}.`,
      handshakeCauses(endpoint, codeOf(error), messageOf(error)),
    );
  } finally {
    socket.destroy();
  }
}

function versionFacts(answer: TlsAnswer): Fact[] {
  if (!("serverVersion" in answer) || answer.serverVersion === undefined) return [];
  return [{ name: "greeting", value: answer.serverVersion }];
}

function refused(
  answer: Exclude<TlsAnswer, { answer: "agreed" }>,
  { endpoint }: ResolvedRdsProxyOptions,
  facts: readonly Fact[],
): Finding<undefined> {
  if (answer.answer === "error") {
    const { message, code } = answer;
    const { remedy } = classifyConnectFailure({ code, message }, endpoint.engine);
    return failed(`The server answered with an error: ${message.replace(/\.$/, "")} (${code}).`, [
      { cause: "The server takes no connection at present, whoever asks.", remedy },
    ]);
  }
  const problem = {
    "no TLS": "The server speaks the protocol, but has TLS switched off.",
    "other protocol": `What answers does not speak the protocol of ${endpoint.engine}${
      "looksLike" in answer && answer.looksLike !== "something else"
        ? `: it looks like ${answer.looksLike}`
        : ""
    }.`,
    silence: "The connection was accepted, but nothing was answered in time.",
    closed: "The connection was accepted, and closed before TLS began.",
  }[answer.answer];
  return failed(problem, refusedTlsCauses(endpoint, answer), facts);
}

async function shakeHands(
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
    // A name only: an address is not sent.
    ...(isIP(servername) ? {} : { servername }),
    ...(secureContext ? { secureContext } : {}),
    checkServerIdentity: (_host, certificate) => checkServerIdentity(servername, certificate),
    // So that a certificate that is not accepted can be looked at. Node verifies it all the same, and says the result in
    // `authorizationError`; no login takes place here, and the one later on is the library's own.
    rejectUnauthorized: false,
  });
  secured.once("secureConnect", resolve);
  secured.on("error", reject);
  socket.once("close", () => reject(new Error("the server closed the connection")));
  await within(promise, deadline, () => new Error("the server did not complete it in time"));
  return secured;
}

async function judge(
  secured: TLSSocket,
  options: ResolvedRdsProxyOptions,
  earlier: readonly Fact[],
): Promise<Finding<undefined>> {
  const { servername } = options.tls;
  const certificate = secured.getPeerCertificate(true);
  const chain = chainOf(certificate);
  const facts: Fact[] = [
    ...earlier,
    { name: "version", value: secured.getProtocol() ?? "unknown" },
    { name: "expected name", value: servername },
    { name: "names", value: namesOf(certificate) },
    ...chain.map((each) => ({
      name: "certificate",
      value: `${nameOf(each.subject)}, issued by ${nameOf(each.issuer)}, until ${until(each)}`,
    })),
    rootFact(chain, options),
  ];
  // Node's types say Error; what it is, is Node's or OpenSSL's code.
  const refusal: unknown = secured.authorizationError;
  if (secured.authorized || !refusal) return { outcome: "ok", facts, learned: undefined };
  const code = refusal instanceof Error ? codeOf(refusal) : String(refusal);
  const reason =
    code === "ERR_TLS_CERT_ALTNAME_INVALID"
      ? `it is not for ${servername}, but for ${namesOf(certificate)}`
      : (REASONS[code] ?? code);
  return failed(
    `The server's certificate is not accepted: ${reason}.`,
    certificateCauses(options, code, certificate, chain, await missingBundle(options, TEXTS[code] ?? "")),
    facts,
  );
}

/** What OpenSSL says with these codes, as far as roots are concerned. */
const TEXTS: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: "self-signed certificate in certificate chain",
  UNABLE_TO_GET_ISSUER_CERT: "unable to get issuer certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unable to get local issuer certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unable to verify the first certificate",
};

const REASONS: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: "its root is not among the trusted ones",
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is self-signed",
  UNABLE_TO_GET_ISSUER_CERT: "its issuer is not among the trusted ones",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its issuer is not among the trusted ones",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its issuer is not among the trusted ones",
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet",
};

/** Wildcards and all; without the kind of each, and not a hundred of them. */
function namesOf({ subject, subjectaltname }: DetailedPeerCertificate): string {
  const names = subjectaltname?.split(", ").map((name) => name.replace(/^(?:DNS|IP Address):/, ""));
  if (!names) return nameOf(subject);
  return names.length > 6 ? `${names.slice(0, 6).join(", ")} and ${names.length - 6} more` : names.join(", ");
}

function until({ valid_to }: DetailedPeerCertificate): string {
  return new Date(valid_to).toISOString().slice(0, 10);
}
