/**
 * Loads what nobody needs before something has failed.
 *
 * @param failure must not be lost where the file is missing, since not all of a bundle was deployed
 */
export async function loadAfterFailure<Module>(
  failure: unknown,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    throw new AggregateError(
      [failure, cause],
      "A connection could not be opened, and the file that tells why could not be loaded: deploy the bundle whole.",
    );
  }
}
