import { findRdsProxyError } from "@rds-proxy/core";
import type { Deadline } from "@rds-proxy/core/adapter";
import type { Secret } from "@rds-proxy/core/internal";
import { missingSecretCauses } from "../causes/secret-causes.js";
import { messageOf } from "../error-text.js";
import { type Finding, failed } from "../finding.js";

/** Reads the secret whose password replaces the token. The finding does not contain the password. */
export async function readSecret(secret: Secret, deadline: Deadline): Promise<Finding<undefined>> {
  try {
    const { user, versionId } = await secret.read(deadline);
    return {
      outcome: "ok",
      facts: [
        { name: "instead", value: `the password of the secret ${secret.secretId}` },
        { name: "version", value: versionId ?? "not known" },
        { name: "user", value: user },
      ],
      result: undefined,
    };
  } catch (error) {
    return failed(
      findRdsProxyError(error)?.message ?? `${messageOf(error)}.`,
      missingSecretCauses(secret.secretId),
    );
  }
}
