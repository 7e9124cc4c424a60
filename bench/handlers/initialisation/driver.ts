// The bare driver as it is usually written: it connects when the function's own modules have been evaluated.
import "./modules/all-parts.js";

export { handler } from "../postgres/driver.js";
