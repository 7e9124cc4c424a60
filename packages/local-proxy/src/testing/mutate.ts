import fc from "fast-check";

/** Bytes with a few mutations: overwritten, removed, doubled, or cut off from there on. */
export function mutated(bytes: Buffer): fc.Arbitrary<Buffer> {
  const change = fc.record({
    at: fc.nat(bytes.length - 1),
    kind: fc.constantFrom("overwrite", "leave-out", "double", "cut-off"),
    length: fc.integer({ min: 1, max: 8 }),
    value: fc.nat(255),
  });
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => changes.reduce(apply, bytes));
}

function apply(
  bytes: Buffer,
  { at, kind, length, value }: { at: number; kind: string; length: number; value: number },
): Buffer {
  const [before, there, after] = [
    bytes.subarray(0, at),
    bytes.subarray(at, at + length),
    bytes.subarray(at + length),
  ];
  switch (kind) {
    case "overwrite":
      return Buffer.concat([before, Buffer.alloc(there.length, value), after]);
    case "leave-out":
      return Buffer.concat([before, after]);
    case "double":
      return Buffer.concat([before, there, there, after]);
    default:
      return Buffer.from(before);
  }
}
