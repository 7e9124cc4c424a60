/** `Promise.try()`, which Node.js 22 lacks. */
export function promised<T>(work: () => Promise<T> | T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}
