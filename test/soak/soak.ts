import { ExecutionEnvironment, InvocationError } from "@rds-proxy/lambda-kit/environment";
import type { ProcessHoldings } from "@rds-proxy/lambda-kit/runtime";
import { startLocalProxy } from "@rds-proxy/local-proxy";
import type { DatabaseServer } from "@rds-proxy/local-proxy/databases";
import type { TestedAdapter } from "../support/adapters.js";
import { bundleHandler } from "../support/bundle-handler.js";
import { HANDLER_ERROR, type Script } from "../support/handlers/scripted-handler.js";

/** The result of a soak. */
export interface SoakReport {
  readonly adapter: string;
  /** Invocations by how they ended. */
  readonly succeeded: number;
  readonly failed: number;
  /** After each part of the invocations, in order. */
  readonly holdings: readonly ProcessHoldings[];
  /** Heap growth in bytes per invocation, by least squares over all parts but the first. */
  readonly growthPerInvocation: number;
  readonly connections: number;
  readonly tokens: number;
  /** What the process printed: warnings of leaking listeners, for example. */
  readonly printed: string;
}

/** What invocations do in turn; most are correct. */
const SCRIPTS: readonly Script[] = [
  { steps: [{ query: "select 1" }] },
  { steps: [{ query: "select 1" }, { query: "select 2" }] },
  { steps: [{ query: "begin" }, { query: "select 1" }, { query: "commit" }] },
  { steps: [] },
  { steps: [{ query: "begin" }, { query: "select 1" }] },
  { steps: [{ query: "select 1" }, "throw"] },
  { steps: [{ query: "select nothing_of_this_name" }] },
  { steps: [{ send: "select 1" }] },
];

const PARTS = 10;

/** Runs many invocations, correct and faulty ones, in one execution environment, and measures what the process holds. */
export async function soak(
  adapter: TestedAdapter,
  { host, port, user, password, database }: DatabaseServer,
  invocations: number,
): Promise<SoakReport> {
  const upstream = { host, port, user, password, database };
  const proxy = await startLocalProxy({ engine: adapter.engine, upstream });
  const { file, remove } = await bundleHandler(adapter.handlerFile);
  const environment = await ExecutionEnvironment.start({ program: [file], variables: proxy.environment });
  const holdings: ProcessHoldings[] = [];
  const ends = { succeeded: 0, failed: 0 };
  try {
    for (let part = 0; part < PARTS; part++) {
      for (let i = 0; i < invocations / PARTS; i++) {
        const script = SCRIPTS[i % SCRIPTS.length];
        ends[await endOf(environment.invoke(script))]++;
      }
      holdings.push(parseHoldings(await environment.invoke({ steps: ["count holdings"] })));
    }
    const { ClientConnectionsReceived, TokensVerified } = proxy.metrics();
    return {
      adapter: adapter.name,
      ...ends,
      holdings,
      growthPerInvocation:
        slopeOf(holdings.slice(1).map(({ heapBytes }) => heapBytes)) / (invocations / PARTS),
      connections: ClientConnectionsReceived,
      tokens: TokensVerified,
      printed: await environment.stop(),
    };
  } finally {
    await environment.stop();
    await proxy.close();
    await remove();
  }
}

function parseHoldings(result: unknown): ProcessHoldings {
  const { residentBytes, heapBytes, resources, listeners } = Object(result);
  return {
    residentBytes: Number(residentBytes),
    heapBytes: Number(heapBytes),
    resources: Number(resources),
    listeners: Number(listeners),
  };
}

/** Errors of the handler and of its statements are expected. */
async function endOf(invocation: Promise<unknown>): Promise<"succeeded" | "failed"> {
  try {
    await invocation;
    return "succeeded";
  } catch (error) {
    const isExpected =
      error instanceof InvocationError &&
      error.kind === "handler" &&
      (error.message === HANDLER_ERROR || error.message.includes("nothing_of_this_name"));
    if (isExpected) return "failed";
    throw error;
  }
}

/** The slope of a least-squares line. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const covariance = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  const variance = values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  return covariance / variance;
}
