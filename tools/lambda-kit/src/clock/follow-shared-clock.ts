// Imported before anything else, since modules such as `@rds-proxy/core` keep a reference to Date.now.
import { followSharedClock } from "./shared-clock.js";

followSharedClock();
