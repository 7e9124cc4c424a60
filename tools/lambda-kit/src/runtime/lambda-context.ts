// By its path: the package's entry imports Vitest, which no bundle can hold.
export { lambdaContext } from "../../../../packages/conformance/src/lambda-context.js";
