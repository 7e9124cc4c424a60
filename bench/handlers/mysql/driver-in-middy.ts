import middy from "@middy/core";
import { handler as driver } from "./driver.js";

// Middy's own cost.
export const handler = middy().handler(driver);
