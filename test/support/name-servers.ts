import { beforeEach, inject } from "vitest";
import type { TestedServer } from "./global-setup.js";

declare module "vitest" {
  interface TaskMeta {
    /** The servers of the test's Vitest project, for reports that do not name it, such as JSON. */
    servers?: readonly TestedServer[];
  }
}

beforeEach(({ task }) => {
  task.meta.servers = inject("servers");
});
