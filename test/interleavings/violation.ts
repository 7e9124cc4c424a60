/** A promise of the library that a schedule breaks. */
export class Violation extends Error {
  override readonly name = "Violation";
  /** The promise, in one word, by which a shrunk schedule is compared with the first one. */
  readonly promise: string;

  constructor(promise: string, message: string) {
    super(message);
    this.promise = promise;
  }
}
