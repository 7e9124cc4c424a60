export {
  describeOn,
  onTestedEngines,
  testedEngines,
  testOn,
} from "../../packages/local-proxy/src/testing/tested-engines.js";
