import { readFile } from "node:fs/promises";
import { type CaFile, writeCaFile } from "../listening/ca-file.js";

type Environment = Readonly<Record<string, string>>;
type OwnEnvironment = Readonly<Record<string, string | undefined>>;

/** The proxy's variables beside those that the developer has set. */
export interface MergedEnvironment {
  readonly environment: Environment;
  /** Variables of the developer that have to go. */
  readonly removed: readonly string[];
  /** What the developer has to know, a line each. */
  readonly notes: readonly string[];
  /** The file with the certificates of both, if there is one. */
  readonly caFile: CaFile | undefined;
}

/**
 * Adds the developer's own certificates to NODE_EXTRA_CA_CERTS, and notes which of the developer's variables the proxy's
 * replace.
 *
 * @param ca the proxy's certificate authority, in PEM
 */
export async function mergeEnvironment(
  environment: Environment,
  own: OwnEnvironment,
  ca: string,
): Promise<MergedEnvironment> {
  const { NODE_EXTRA_CA_CERTS: usual = "", ...others } = environment;
  const ownFile = own["NODE_EXTRA_CA_CERTS"];
  const ownCertificates = ownFile ? await readFile(ownFile, "utf8").catch(() => undefined) : undefined;
  const caFile = ownCertificates === undefined ? undefined : await writeCaFile(`${ownCertificates}\n${ca}`);
  const replaced = Object.entries(others).flatMap(([name, value]) =>
    own[name] && own[name] !== value ? [name] : [],
  );
  // A session token belongs to the key that it came with.
  const removed = own["AWS_SESSION_TOKEN"] && !environment["AWS_SESSION_TOKEN"] ? ["AWS_SESSION_TOKEN"] : [];
  const takesPrecedence = own["AWS_PROFILE"] ? ["AWS_PROFILE (a key takes precedence over it)"] : [];
  const given = [...replaced, ...removed, ...takesPrecedence];
  return {
    environment: { ...others, NODE_EXTRA_CA_CERTS: caFile?.path ?? usual },
    removed,
    notes: [
      ...(given.length === 0 ? [] : [`Replaces what you have set: ${given.join(", ")}.`]),
      ...(caFile === undefined
        ? []
        : [`NODE_EXTRA_CA_CERTS includes your own certificates, from ${ownFile}.`]),
      ...(ownFile && caFile === undefined
        ? [`Replaces NODE_EXTRA_CA_CERTS, since ${ownFile} cannot be read.`]
        : []),
    ],
    caFile,
  };
}
