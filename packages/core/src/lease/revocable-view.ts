import type { EventEmitter } from "node:events";
import { leaseEnded } from "../errors.js";
import type { RevocableView } from "./driver.js";
import { ViewListeners } from "./view-listeners.js";

/** How the view of a driver's object differs from the object. */
export interface ViewRules {
  /**
   * The member that the view has in place of the object's; undefined for the object's own. Called once for each member that
   * is used. A replacement is not revoked: it has to refuse calls after that by itself.
   */
  replacementOf(property: string | symbol): unknown;
  /** The view of an object among the members. Default: the object itself. */
  viewMember?(member: object): unknown;
  /** Called before a method of the target is. */
  onCall?(property: string | symbol): void;
  /** What a method does once the view is revoked: throw, or fail in the way that its callers expect. */
  refuse(property: string | symbol, args: readonly unknown[]): unknown;
  /** Undoes what the handler changed on the object. */
  cleanUp(): void;
}

/**
 * A view that looks and works like the object until it is revoked. What is done to the view itself (properties, prototype,
 * freezing) does not reach the object. After `revoke()` its methods fail.
 */
export function createRevocableView<Target extends object>(
  target: Target,
  rules: ViewRules,
): RevocableView<Target> {
  const handler = new ViewHandler(target, rules);
  return { db: handler.view, revoke: () => handler.revoke() };
}

type Callable = Parameters<typeof Reflect.apply>[0];

/** Node's `util.inspect` looks for it on the target of a proxy. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * The proxy's target is an object that holds only what the handler wrote; everything else is looked up on the driver's
 * object. So every operation of the language works, and none changes the driver's object.
 */
class ViewHandler<Target extends object> implements ProxyHandler<Target> {
  readonly view: Target;
  readonly #target: Target;
  readonly #rules: ViewRules;
  /** Members that were used, so that each is the same object every time. */
  readonly #members = new Map<string | symbol, unknown>();
  #isPrototypeReplaced = false;
  #isRevoked = false;

  constructor(target: Target, rules: ViewRules) {
    this.#target = target;
    this.#rules = rules;
    const written: Target = Object.create(Reflect.getPrototypeOf(target));
    // Passed to `Object.create()`, it would make the object ten times slower to create.
    Reflect.defineProperty(written, INSPECT, {
      value: inspectorOf(target),
      writable: true,
      configurable: true,
    });
    this.view = new Proxy(written, this);
  }

  revoke(): void {
    this.#isRevoked = true;
    this.#rules.cleanUp();
  }

  get(written: Target, property: string | symbol, receiver: unknown): unknown {
    if (Object.hasOwn(written, property)) return Reflect.get(written, property, receiver);
    if (this.#isPrototypeReplaced && !Object.hasOwn(this.#target, property)) {
      return Reflect.get(written, property, receiver);
    }
    const member = this.#members.get(property);
    if (member !== undefined) return member;
    const replacement = this.#rules.replacementOf(property);
    if (replacement !== undefined) return this.#keep(property, replacement);
    const value: unknown = Reflect.get(this.#target, property);
    if (typeof value === "object" && value !== null) return this.#rules.viewMember?.(value) ?? value;
    if (typeof value !== "function" || isClass(value)) return value;
    return this.#viewMethod(property, value);
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
    const value = this.get(written, property, this.view);
    return { value, writable: true, enumerable: owners.enumerable === true, configurable: true };
  }

  setPrototypeOf(written: Target, prototype: object | null): boolean {
    const isSet = Reflect.setPrototypeOf(written, prototype);
    this.#isPrototypeReplaced = Reflect.getPrototypeOf(written) !== Reflect.getPrototypeOf(this.#target);
    return isSet;
  }

  preventExtensions(written: Target): boolean {
    // JavaScript requires that a proxy of a non-extensible object reports exactly that object's keys.
    for (const property of Reflect.ownKeys(this.#target)) this.#copy(written, property);
    return Reflect.preventExtensions(written);
  }

  #copy(written: Target, property: string | symbol): void {
    const descriptor = this.getOwnPropertyDescriptor(written, property);
    if (descriptor) Reflect.defineProperty(written, property, descriptor);
  }

  #keep(property: string | symbol, member: unknown): unknown {
    this.#members.set(property, member);
    return member;
  }

  #viewMethod(property: string | symbol, method: Callable): unknown {
    const revocable = (...args: unknown[]): unknown => {
      if (this.#isRevoked) return this.#refuse(property, args);
      this.#rules.onCall?.(property);
      const result = Reflect.apply(method, this.#target, args);
      // A chainable method returns the view, not the driver's object.
      if (result === this.#target) return this.view;
      return result instanceof Promise ? handledOnceRevoked(result, () => this.#isRevoked) : result;
    };
    return this.#keep(property, revocable);
  }

  #refuse(property: string | symbol, args: readonly unknown[]): unknown {
    const refused = this.#rules.refuse(property, args);
    if (refused instanceof Promise) refused.catch(() => undefined);
    return refused;
  }
}

/** A promise of its own: until the view is revoked, a rejection that is not handled counts as unhandled. */
export function handledOnceRevoked<T>(result: Promise<T>, isRevoked: () => boolean): Promise<T> {
  const watched = result.then(undefined, (error: unknown) => {
    // After that the caller may be gone, and an unhandled rejection would end the process during the next invocation.
    if (isRevoked()) watched.catch(() => undefined);
    throw error;
  });
  return watched;
}

/** `console.log(db)` prints what it prints with the bare driver. */
function inspectorOf(target: object): unknown {
  return (depth: unknown, options: object, inspect: (value: unknown, options: object) => string): string =>
    inspect(target, { ...options, depth });
}

/** A class is not a method: it is called by `new`, and has static members. */
function isClass(value: Callable): boolean {
  return Reflect.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}

/** Prefixes of the names of methods, on sockets and collections, that change nothing. */
const ONLY_READS =
  /^(?:get|has|is|to|value|keys|entries|forEach|listener|rawListeners|eventNames|address|Symbol\(Symbol\.iterator\))/;

/**
 * Views of the objects below a driver's object, such as its socket. Drivers do not document them, and they share state with
 * the connection: after a call of one of their methods that does more than read, the connection must not be used again.
 */
export class MemberViews {
  readonly #onUse: () => void;
  /** Undefined until a member is used, as in most leases. */
  #views: Map<object, RevocableView<object>> | undefined;
  #isRevoked = false;

  /** @param onUse called before a method that may change something */
  constructor(onUse: () => void) {
    this.#onUse = onUse;
  }

  /** For `ViewRules.viewMember`: the member itself where it has no state to protect. */
  viewOf(member: object): unknown {
    if (Array.isArray(member)) return [...member];
    if (isValue(member)) return member;
    this.#views ??= new Map();
    const known = this.#views.get(member);
    if (known) return known.db;
    const view = this.#createView(member);
    this.#views.set(member, view);
    if (this.#isRevoked) view.revoke();
    return view.db;
  }

  /** Members that are used for the first time afterwards are revoked, too. */
  revoke(): void {
    this.#isRevoked = true;
    for (const view of this.#views?.values() ?? []) view.revoke();
  }

  #createView(member: object): RevocableView<object> {
    const listeners = isEmitter(member) ? new ViewListeners(member, () => view.db) : undefined;
    const view: RevocableView<object> = createRevocableView(member, {
      replacementOf: (property) => listeners?.member(property),
      viewMember: (below) => this.viewOf(below),
      onCall: (property) => {
        if (!ONLY_READS.test(String(property))) this.#onUse();
      },
      refuse() {
        throw leaseEnded();
      },
      cleanUp: () => listeners?.cleanUp(),
    });
    return view;
  }
}

/** Values that cannot be changed, and objects for which Node's functions accept no proxy. */
function isValue(member: object): boolean {
  return [Promise, Error, Date, RegExp].some((kind) => member instanceof kind) || ArrayBuffer.isView(member);
}

function isEmitter(member: object): member is EventEmitter {
  return typeof Reflect.get(member, "prependOnceListener") === "function";
}
