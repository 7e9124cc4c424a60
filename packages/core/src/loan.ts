import type { Loan } from "./driver.js";

/** How a driver's object behaves in a borrower's hands. */
export interface LendingRules {
  /**
   * What a member is to a borrower where that is something else than to the owner, and undefined where it is not. Asked
   * for each member that is used, since few are; what it returns works after the loan, too.
   */
  replacementOf(property: string | symbol): unknown;
  /** What calling another method does once the loan was revoked: throw, or fail in the way its callers listen. */
  refuse(property: string | symbol, args: readonly unknown[]): unknown;
  /** Takes back what the borrower left on the object. */
  cleanUp(): void;
}

/**
 * Lends an object for a time: the same to look at and to use, but what a borrower writes onto it stays with the
 * loan, and its methods are out of reach once the loan was revoked.
 */
export function lendObject<Target extends object>(target: Target, rules: LendingRules): Loan<Target> {
  const borrowed = new Borrowed(target, rules);
  return { db: borrowed.lent, revoke: () => borrowed.revoke() };
}

type Callable = Parameters<typeof Reflect.apply>[0];

class Borrowed<Target extends object> implements ProxyHandler<Target> {
  readonly lent: Target;
  readonly #target: Target;
  readonly #rules: LendingRules;
  /** What the borrower assigned: wrapped methods, marks of its own. The next borrower must not meet it. */
  #written: Map<string | symbol, unknown> | undefined;
  /** What was lent so far: a member that is asked for twice is the same. */
  readonly #lentMembers = new Map<string | symbol, unknown>();
  #isRevoked = false;

  constructor(target: Target, rules: LendingRules) {
    this.#target = target;
    this.#rules = rules;
    this.lent = new Proxy(target, this);
  }

  revoke(): void {
    this.#isRevoked = true;
    this.#rules.cleanUp();
  }

  get(_: Target, property: string | symbol): unknown {
    if (this.#written?.has(property)) return this.#written.get(property);
    const member = this.#lentMembers.get(property);
    if (member !== undefined) return member;
    const replacement = this.#rules.replacementOf(property);
    if (replacement !== undefined) return this.#keep(property, replacement);
    const value: unknown = Reflect.get(this.#target, property);
    if (typeof value !== "function" || property === "constructor") return value;
    return this.#lendMethod(property, value);
  }

  set(_: Target, property: string | symbol, value: unknown, receiver: unknown): boolean {
    if (receiver !== this.lent && typeof receiver === "object" && receiver !== null) {
      // An object that inherits from the lent one writes onto itself.
      const own = { value, writable: true, enumerable: true, configurable: true };
      return Reflect.defineProperty(receiver, property, own);
    }
    this.#write(property, value);
    return true;
  }

  defineProperty(_: Target, property: string | symbol, descriptor: PropertyDescriptor): boolean {
    // What is fixed for good, or computed, cannot be kept apart from the object.
    if (!descriptor.configurable || !("value" in descriptor)) return false;
    this.#write(property, descriptor.value);
    return true;
  }

  has(_: Target, property: string | symbol): boolean {
    return this.#written?.has(property) || property in this.#target;
  }

  deleteProperty(_: Target, property: string | symbol): boolean {
    this.#written?.delete(property);
    return true;
  }

  #write(property: string | symbol, value: unknown): void {
    this.#written ??= new Map();
    this.#written.set(property, value);
  }

  #keep(property: string | symbol, member: unknown): unknown {
    this.#lentMembers.set(property, member);
    return member;
  }

  #lendMethod(property: string | symbol, method: Callable): unknown {
    const lent = (...args: unknown[]): unknown => {
      if (this.#isRevoked) return this.#refuse(property, args);
      const result = Reflect.apply(method, this.#target, args);
      // A chainable method must not hand out what was lent.
      if (result === this.#target) return this.lent;
      return result instanceof Promise ? this.#watch(result) : result;
    };
    return this.#keep(property, lent);
  }

  /** A promise of the borrower's own, which goes unhandled if nobody listens, as long as the loan lasts. */
  #watch(result: Promise<unknown>): Promise<unknown> {
    const watched = result.then(undefined, (error: unknown) => {
      // Nobody may be listening any more, and an unhandled rejection would end the process with the next invocation.
      if (this.#isRevoked) watched.catch(() => undefined);
      throw error;
    });
    return watched;
  }

  #refuse(property: string | symbol, args: readonly unknown[]): unknown {
    const refused = this.#rules.refuse(property, args);
    if (refused instanceof Promise) refused.catch(() => undefined);
    return refused;
  }
}
