/** Functions of JavaScript and Node that look at many characters in one step of the code that calls them. */
const SCANNING: readonly (readonly [
  object,
  string,
  (self: unknown, args: readonly unknown[], result: unknown) => number,
])[] = [
  [String.prototype, "indexOf", scannedBySearch],
  [String.prototype, "includes", (self, _args, result) => (result === true ? 1 : lengthOf(self))],
  [Buffer.prototype, "indexOf", scannedBySearch],
  [Buffer, "concat", (_self, _args, result) => lengthOf(result)],
  [Array.prototype, "includes", lengthOf],
  // What an expression looks at is not known. It is at least all that follows if nothing matches, unless it is sticky.
  [
    RegExp.prototype,
    "exec",
    (self, [text], result) =>
      result === null && self instanceof RegExp && !self.sticky ? lengthOf(text) : 1,
  ],
];

/** Runs `work` and counts the characters that native functions look at in it, as far as they can be known. */
export async function countScans(work: () => void | Promise<void>): Promise<number> {
  let scanned = 0;
  const restores = SCANNING.map(([holder, name, scannedIn]) => {
    const original: unknown = Reflect.get(holder, name);
    if (typeof original !== "function") throw new Error(`${name} is no function`);
    Reflect.set(holder, name, function counted(this: unknown, ...args: unknown[]): unknown {
      const result: unknown = Reflect.apply(original, this, args);
      scanned += scannedIn(this, args, result);
      return result;
    });
    return () => Reflect.set(holder, name, original);
  });
  try {
    await work();
  } finally {
    for (const restore of restores) restore();
  }
  return scanned;
}

/** From the start of a search to its result, or to the end. */
function scannedBySearch(self: unknown, [, from]: readonly unknown[], result: unknown): number {
  const start = typeof from === "number" ? from : 0;
  const end = typeof result === "number" && result >= 0 ? result : lengthOf(self);
  return Math.max(1, end - start);
}

function lengthOf(value: unknown): number {
  return typeof value === "string" || Array.isArray(value) || value instanceof Uint8Array ? value.length : 1;
}
