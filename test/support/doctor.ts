import type { AwsCredentials } from "@rds-proxy/core/internal";
import { onTestFinished, vi } from "vitest";

/** AWS's example key pair, as temporary credentials. No report may contain a part of it. */
export const KEY = {
  accessKeyId: "ASIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  sessionToken: "FwoGZXIvYXdzEXAMPLESESSIONTOKEN",
} as const satisfies AwsCredentials;

/** Points STS to a closed port, so that no test calls AWS. */
export function keepFromSts(): void {
  vi.stubEnv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1");
  onTestFinished(() => void vi.unstubAllEnvs());
}
