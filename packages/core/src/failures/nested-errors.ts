/** More than any known wrapper nests; also ends the walk of errors that contain themselves. */
const MAX_ERRORS = 16;

/** The error and every error inside it, outermost first: ORMs nest them as `original` and `parent`, JavaScript as the others. */
export function nestedErrors(error: unknown): object[] {
  const found: object[] = [];
  const add = (inner: unknown): void => {
    if (typeof inner === "object" && inner !== null && !found.includes(inner) && found.length < MAX_ERRORS)
      found.push(inner);
  };
  add(error);
  // The loop also visits the errors that it adds.
  for (const current of found) {
    for (const name of ["original", "parent", "cause"]) add(propertyOf(current, name));
    const errors = propertyOf(current, "errors");
    if (Array.isArray(errors)) for (const inner of errors) add(inner);
  }
  return found;
}

/** A property of an error; undefined if reading it throws, as it does of an object that was revoked. */
export function propertyOf(error: object, name: string): unknown {
  try {
    return Reflect.get(error, name);
  } catch {
    // It counts as absent.
  }
  return undefined;
}
