export { bundleFunction, bundleProgram, type Program, programOptions, SNAPSHOT_CLIENT } from "./bundle.js";
export { eagerOutputs } from "./eager-outputs.js";
