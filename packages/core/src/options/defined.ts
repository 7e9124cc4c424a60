/** A copy without members that are undefined, which mean the default and must not replace those of another object. */
export function defined<T extends object>(members: T): Partial<T>;
export function defined(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
