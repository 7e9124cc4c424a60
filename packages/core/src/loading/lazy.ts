/** Something that is loaded when it is first needed, and then kept. Where loading failed, the next one tries again. */
export class Lazy<T> {
  readonly #load: () => Promise<T>;
  #loading: Promise<T> | undefined;
  /** Undefined until it was loaded. */
  value: T | undefined;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  async get(): Promise<T> {
    this.#loading ??= this.#load();
    try {
      this.value = await this.#loading;
      return this.value;
    } catch (error) {
      this.#loading = undefined;
      throw error;
    }
  }
}
