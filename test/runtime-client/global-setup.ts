// By its path: Vitest resolves the imports of a global set-up without our conditions.
import { installAwsRuntimeClient } from "../../tools/lambda-kit/src/aws-runtime-client/index.js";

/** Every execution environment of this run has AWS's runtime client. */
export default async function setup(): Promise<void> {
  process.env["TEST_RUNTIME_CLIENT"] ||= await installAwsRuntimeClient();
}
