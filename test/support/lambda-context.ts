export { lambdaContext } from "../../packages/conformance/src/lambda-context.js";
