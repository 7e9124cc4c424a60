import type { AwsCredentials } from "@rds-proxy/core";
import { onTestFinished, vi } from "vitest";

/** AWS's own example key pair, as a temporary one. None of its parts may show in a report. */
export const KEY = {
  accessKeyId: "ASIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  sessionToken: "FwoGZXIvYXdzEXAMPLESESSIONTOKEN",
} as const satisfies AwsCredentials;

/** No machine asks AWS for the sake of a test: nothing listens there. */
export function keepFromSts(): void {
  vi.stubEnv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1");
  onTestFinished(() => void vi.unstubAllEnvs());
}
