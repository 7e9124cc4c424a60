import { loadAfterFailure } from "./load-after-failure.js";
import { loadNow } from "./load-now.js";

type OnDemand = typeof import("../on-demand.js");

const load = (): Promise<OnDemand> => import("../on-demand.js");

/** Loads the code that few processes need. */
export function loadOnDemand(): Promise<OnDemand> {
  return loadNow(load);
}

/** Loads it to explain a failure, which is part of the error if the file is missing. */
export function loadOnDemandAfter(error: unknown): Promise<OnDemand> {
  return loadAfterFailure(error, load);
}
