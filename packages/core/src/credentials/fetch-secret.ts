import { RdsProxyError } from "../errors.js";
import { loadNow } from "../loading/load-now.js";
import type { AwsCredentials } from "./aws-credentials.js";
import { AWS_REQUEST_LIMITS, awsFailure, awsIdentity } from "./aws-failure.js";
import type { SecretValue } from "./secret.js";

/** A request to read a secret. */
export interface SecretRequest {
  readonly secretId: string;
  /** For a secret given by name; an ARN includes its region. */
  readonly region: string;
  readonly credentials: () => Promise<AwsCredentials>;
}

/**
 * Reads a secret in Secrets Manager.
 *
 * @throws RdsProxyError `RDS_PROXY_NO_CREDENTIALS` with what to check, without any part of the secret's value
 */
export async function readSecret({ secretId, region, credentials }: SecretRequest): Promise<SecretValue> {
  const { SecretsManagerClient, GetSecretValueCommand } = await loadClient();
  // A new client each time, with a new connection: a kept one may be dead after a freeze.
  const client = new SecretsManagerClient({
    region: /^arn:[^:]+:secretsmanager:([^:]+):/.exec(secretId)?.[1] ?? region,
    credentials: async () => awsIdentity(await credentials()),
    requestHandler: AWS_REQUEST_LIMITS,
  });
  try {
    const { SecretString, VersionId } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    return { ...parseSecret(secretId, SecretString), versionId: VersionId };
  } catch (cause) {
    if (cause instanceof RdsProxyError) throw cause;
    throw secretRefused(secretId, cause);
  } finally {
    client.destroy();
  }
}

/** Parses a secret in RDS's format. Error messages name properties, never values. */
function parseSecret(secretId: string, text: string | undefined): Pick<SecretValue, "user" | "password"> {
  if (text === undefined) throw malformed(secretId, "is binary");
  const { username, password }: { username?: unknown; password?: unknown } = asObject(secretId, text);
  // A NUL would end the name in a startup packet, and start another parameter.
  if (typeof username !== "string" || username === "" || /\p{Cc}/u.test(username)) {
    throw malformed(secretId, "has no usable `username`");
  }
  if (typeof password !== "string" || password === "") throw malformed(secretId, "has no `password`");
  return { user: username, password };
}

function asObject(secretId: string, text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's error contains the beginning of the text, so it is not the cause.
    throw malformed(secretId, "is plain text");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw malformed(secretId, "is JSON, but no object");
  }
  return value;
}

function malformed(secretId: string, fault: string): RdsProxyError {
  return new RdsProxyError(
    "RDS_PROXY_NO_CREDENTIALS",
    `The secret ${secretId} ${fault}. Expected is RDS's format, which RDS Proxy itself needs: ` +
      '{"username": "...", "password": "..."}.',
  );
}

const REMEDIES: Readonly<Record<string, string>> = {
  AccessDeniedException:
    "Allow secretsmanager:GetSecretValue on the secret in the policy of the function's role; a secret with a key of " +
    "your own needs kms:Decrypt on that key, too, and one of another account a resource policy.",
  ResourceNotFoundException:
    "Check `secret.secretId`, and that the secret is in this account and region; else give its ARN.",
  DecryptionFailure: "Allow kms:Decrypt on the secret's key in the policy of the function's role.",
  InvalidRequestException: "The secret may be marked for deletion.",
};

function secretRefused(secretId: string, cause: unknown): RdsProxyError {
  const { name, message, isTransient, transientRemedy } = awsFailure(cause, "Secrets Manager");
  const remedy =
    REMEDIES[name] ??
    (isTransient ? transientRemedy : "Check `secret.secretId` and the credentials that read it.");
  return new RdsProxyError(
    "RDS_PROXY_NO_CREDENTIALS",
    `The secret ${secretId} could not be read (${name}: ${message}). ${remedy}`,
    { cause, isTransient },
  );
}

async function loadClient() {
  return await loadNow(async () => {
    // In a `try` of the same function, bundlers accept that this optional package is missing.
    try {
      return await import("@aws-sdk/client-secrets-manager");
    } catch (cause) {
      throw new RdsProxyError(
        "RDS_PROXY_MISSING_DEPENDENCY",
        "secret.secretId: needs the package @aws-sdk/client-secrets-manager, which could not be loaded. " +
          "Run `npm install @aws-sdk/client-secrets-manager`.",
        { cause },
      );
    }
  });
}
