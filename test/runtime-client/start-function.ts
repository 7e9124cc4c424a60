import { ExecutionEnvironment } from "@rds-proxy/lambda-kit/environment";
import { type LocalProxy, type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import { inject, onTestFinished } from "vitest";
import { bundleHandler } from "../support/bundle-handler.js";

/** Starts a local proxy, and behind it a function under AWS's runtime client, until the end of the test. */
export async function startFunction(
  { engine, handlerFile }: { engine: LocalProxyOptions["engine"]; handlerFile: string },
  variables: Readonly<Record<string, string>> = {},
  { freezesBetween = false } = {},
): Promise<{ readonly proxy: LocalProxy; readonly lambda: ExecutionEnvironment }> {
  const { file, remove } = await bundleHandler(handlerFile);
  onTestFinished(remove);
  const proxy = await startLocalProxy({ engine, upstream: inject(engine) });
  onTestFinished(() => proxy.close());
  const lambda = await ExecutionEnvironment.start({
    program: [file],
    variables: { ...proxy.environment, ...variables },
    freezesBetween,
  });
  onTestFinished(async () => {
    await lambda.stop();
  });
  return { proxy, lambda };
}
