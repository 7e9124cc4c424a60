export {
  type Deployment,
  ExecutionEnvironment,
  InvocationError,
} from "./execution-environment.js";
export { lambdaVariables } from "./lambda-variables.js";
export { peakMemory } from "./process-state.js";
