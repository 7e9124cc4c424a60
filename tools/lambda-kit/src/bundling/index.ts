export { bundleFunction, bundleProgram, type Program, programOptions } from "./bundle.js";
export { eagerOutputs } from "./eager-outputs.js";
