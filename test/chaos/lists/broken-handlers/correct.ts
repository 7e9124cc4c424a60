// For comparison.
export { handler } from "../../../support/handlers/pg-pool.js";
