import { AwsRuntimeClients } from "@rds-proxy/lambda-kit/aws-runtime-client";
import { afterAll } from "vitest";

const entry = process.env["TEST_RUNTIME_CLIENT"];
const clients = entry ? await AwsRuntimeClients.start(entry) : undefined;
if (clients) afterAll(() => clients.close());

/** Runs a handler under AWS's runtime client, in a run that has one. */
export const invokeHandler: AwsRuntimeClients["invoke"] | undefined =
  clients && ((handler, remainingMs) => clients.invoke(handler, remainingMs));
