import middy from "@middy/core";
import { handler as driver } from "./driver.js";

// What Middy itself costs.
export const handler = middy().handler(driver);
