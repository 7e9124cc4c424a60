import { loadNow } from "./load-now.js";

/**
 * Loads code that only failures need.
 *
 * @param failure the failure, which is part of the error if the file is missing from an incompletely deployed bundle
 */
export async function loadAfterFailure<Module>(
  failure: unknown,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await loadNow(load);
  } catch (cause) {
    throw new AggregateError(
      [failure, cause],
      "A connection could not be opened, and the file that tells why could not be loaded: deploy the bundle whole.",
    );
  }
}
