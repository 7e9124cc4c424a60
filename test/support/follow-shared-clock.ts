// Imported before anything else: what keeps a reference to Date.now, as `@rds-proxy/core` does, keeps the shared one.
import { followSharedClock } from "./shared-clock.js";

followSharedClock();
