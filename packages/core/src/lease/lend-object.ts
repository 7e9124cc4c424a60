import type { EventEmitter } from "node:events";
import { leaseEnded } from "../errors.js";
import { BorrowedListeners } from "./borrowed-listeners.js";
import type { Loan } from "./driver.js";

/** How a driver's object behaves in a borrower's hands. */
export interface LendingRules {
  /**
   * What a member is to a borrower where that is something else than to the owner, and undefined where it is not. Asked
   * for each member that is used, since few are; what it returns works after the loan, too.
   */
  replacementOf(property: string | symbol): unknown;
  /** What an object among the members is to a borrower. Default: the object itself. */
  lendMember?(member: object): unknown;
  /** Called before a method of the target is. */
  onCall?(property: string | symbol): void;
  /** What calling another method does once the loan was revoked: throw, or fail in the way its callers listen. */
  refuse(property: string | symbol, args: readonly unknown[]): unknown;
  /** Takes back what the borrower left on the object. */
  cleanUp(): void;
}

/**
 * Lends an object for a time: the same to look at and to use, but what a borrower does to the object itself (properties,
 * prototype, freezing) stays with the loan, and its methods are out of reach once the loan was revoked.
 */
export function lendObject<Target extends object>(target: Target, rules: LendingRules): Loan<Target> {
  const borrowed = new Borrowed(target, rules);
  return { db: borrowed.lent, revoke: () => borrowed.revoke() };
}

type Callable = Parameters<typeof Reflect.apply>[0];

/** Node's `util.inspect` looks for it on what a proxy stands for. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * The proxy stands for an object of its own, which has what the borrower wrote and nothing else; the rest is looked up on
 * the target. So whatever the language allows to be done to an object is done to that one.
 */
class Borrowed<Target extends object> implements ProxyHandler<Target> {
  readonly lent: Target;
  readonly #target: Target;
  readonly #rules: LendingRules;
  /** What was lent so far: a member that is asked for twice is the same. */
  readonly #lentMembers = new Map<string | symbol, unknown>();
  #hasOtherPrototype = false;
  #isRevoked = false;

  constructor(target: Target, rules: LendingRules) {
    this.#target = target;
    this.#rules = rules;
    const written: Target = Object.create(Reflect.getPrototypeOf(target));
    // Passed to `Object.create()`, it would make the object ten times slower to create.
    Reflect.defineProperty(written, INSPECT, {
      value: inspectorOf(target),
      writable: true,
      configurable: true,
    });
    this.lent = new Proxy(written, this);
  }

  revoke(): void {
    this.#isRevoked = true;
    this.#rules.cleanUp();
  }

  get(written: Target, property: string | symbol, receiver: unknown): unknown {
    if (Object.hasOwn(written, property)) return Reflect.get(written, property, receiver);
    if (this.#hasOtherPrototype && !Object.hasOwn(this.#target, property)) {
      return Reflect.get(written, property, receiver);
    }
    const member = this.#lentMembers.get(property);
    if (member !== undefined) return member;
    const replacement = this.#rules.replacementOf(property);
    if (replacement !== undefined) return this.#keep(property, replacement);
    const value: unknown = Reflect.get(this.#target, property);
    if (typeof value === "object" && value !== null) return this.#rules.lendMember?.(value) ?? value;
    if (typeof value !== "function" || isClass(value)) return value;
    return this.#lendMethod(property, value);
  }

  set(written: Target, property: string | symbol, value: unknown, receiver: unknown): boolean {
    const own = { value, writable: true, enumerable: true, configurable: true };
    if (receiver !== this.lent && typeof receiver === "object" && receiver !== null) {
      // An object that inherits from the lent one writes onto itself.
      return Reflect.defineProperty(receiver, property, own);
    }
    const existing = Reflect.getOwnPropertyDescriptor(written, property);
    if (existing && "value" in existing) {
      return existing.writable === true && Reflect.defineProperty(written, property, { value });
    }
    const setter = existing ? existing.set : setterOf(Reflect.getPrototypeOf(written), property);
    if (!setter) return !existing && Reflect.defineProperty(written, property, own);
    Reflect.apply(setter, this.lent, [value]);
    return true;
  }

  defineProperty(written: Target, property: string | symbol, descriptor: PropertyDescriptor): boolean {
    this.#copy(written, property);
    return Reflect.defineProperty(written, property, descriptor);
  }

  has(written: Target, property: string | symbol): boolean {
    return Reflect.has(written, property) || this.getOwnPropertyDescriptor(written, property) !== undefined;
  }

  deleteProperty(written: Target, property: string | symbol): boolean {
    return Reflect.deleteProperty(written, property);
  }

  ownKeys(written: Target): (string | symbol)[] {
    const keys = Reflect.ownKeys(written);
    if (!Reflect.isExtensible(written)) return keys;
    return [...new Set([...Reflect.ownKeys(this.#target), ...keys])];
  }

  getOwnPropertyDescriptor(written: Target, property: string | symbol): PropertyDescriptor | undefined {
    const own = Reflect.getOwnPropertyDescriptor(written, property);
    if (own || !Reflect.isExtensible(written)) return own;
    const owners = Reflect.getOwnPropertyDescriptor(this.#target, property);
    if (!owners) return undefined;
    const value = this.get(written, property, this.lent);
    return { value, writable: true, enumerable: owners.enumerable ?? false, configurable: true };
  }

  setPrototypeOf(written: Target, prototype: object | null): boolean {
    const isSet = Reflect.setPrototypeOf(written, prototype);
    this.#hasOtherPrototype ||= isSet && prototype !== Reflect.getPrototypeOf(this.#target);
    return isSet;
  }

  preventExtensions(written: Target): boolean {
    // An object that takes no more properties has to have all of its own.
    for (const property of Reflect.ownKeys(this.#target)) this.#copy(written, property);
    return Reflect.preventExtensions(written);
  }

  #copy(written: Target, property: string | symbol): void {
    const descriptor = this.getOwnPropertyDescriptor(written, property);
    if (descriptor) Reflect.defineProperty(written, property, descriptor);
  }

  #keep(property: string | symbol, member: unknown): unknown {
    this.#lentMembers.set(property, member);
    return member;
  }

  #lendMethod(property: string | symbol, method: Callable): unknown {
    const lent = (...args: unknown[]): unknown => {
      if (this.#isRevoked) return this.#refuse(property, args);
      this.#rules.onCall?.(property);
      const result = Reflect.apply(method, this.#target, args);
      // A chainable method must not hand out what was lent.
      if (result === this.#target) return this.lent;
      return result instanceof Promise ? this.#watch(result) : result;
    };
    return this.#keep(property, lent);
  }

  /** The borrower's own promise: while the lease lasts, a rejection without a handler counts as unhandled. */
  #watch(result: Promise<unknown>): Promise<unknown> {
    const watched = result.then(undefined, (error: unknown) => {
      // After the lease its caller may be gone, and an unhandled rejection would end the process with the next invocation.
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

/** Shows the target in place of what was written: `console.log(db)` prints what it prints with the bare driver. */
function inspectorOf(target: object): unknown {
  return (depth: unknown, options: object, inspect: (value: unknown, options: object) => string): string =>
    inspect(target, { ...options, depth });
}

/** A class is called by `new`, and has members of its own: it is no method. */
function isClass(value: Callable): boolean {
  return Reflect.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}

/** The setter that an assignment would run, `__proto__` included. */
function setterOf(prototype: object | null, property: string | symbol): Callable | undefined {
  for (let holder = prototype; holder; holder = Reflect.getPrototypeOf(holder)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(holder, property);
    if (descriptor) return descriptor.set;
  }
  return undefined;
}

/** The beginnings of the names of methods that change nothing, on sockets and collections. */
const ONLY_READS = /^(?:get|has|is|to|value|keys|entries|forEach|listener|rawListeners|eventNames|address)/;

/**
 * Lends the objects below a driver's object, such as its socket, along with it. They are no part of what a driver
 * documents, and share state with the connection: once one of their methods was called that does not only read, the
 * connection must not serve another invocation.
 */
export class MemberLoans {
  readonly #onUse: () => void;
  readonly #loans = new Map<object, Loan<object>>();
  #isRevoked = false;

  /** @param onUse called when a method was called that may have changed something */
  constructor(onUse: () => void) {
    this.#onUse = onUse;
  }

  /** For `LendingRules.lendMember`: the member itself where it has no state that the loan could keep apart. */
  lend(member: object): unknown {
    if (Array.isArray(member)) return [...member];
    if (isValue(member)) return member;
    const known = this.#loans.get(member);
    if (known) return known.db;
    const loan = this.#lendUnknown(member);
    this.#loans.set(member, loan);
    if (this.#isRevoked) loan.revoke();
    return loan.db;
  }

  /** Also for those that are only lent when the loan is over. */
  revoke(): void {
    this.#isRevoked = true;
    for (const loan of this.#loans.values()) loan.revoke();
  }

  #lendUnknown(member: object): Loan<object> {
    const listeners = isEmitter(member) ? new BorrowedListeners(member, () => loan.db) : undefined;
    const loan: Loan<object> = lendObject(member, {
      replacementOf: (property) => listeners?.member(property),
      lendMember: (below) => this.lend(below),
      onCall: (property) => {
        if (typeof property === "string" && !ONLY_READS.test(property)) this.#onUse();
      },
      refuse() {
        throw leaseEnded();
      },
      cleanUp: () => listeners?.cleanUp(),
    });
    return loan;
  }
}

/** What a borrower cannot change, or what Node's own functions take no proxy for. */
function isValue(member: object): boolean {
  return [Promise, Error, Date, RegExp].some((kind) => member instanceof kind) || ArrayBuffer.isView(member);
}

function isEmitter(member: object): member is EventEmitter {
  return typeof Reflect.get(member, "prependOnceListener") === "function";
}
