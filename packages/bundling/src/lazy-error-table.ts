/** mysql2's error codes: numbers by name, and names by number. */
export type ErrorTable = Record<string, string | number>;

/** The table that `compactErrorTable` has written as a string. It is read at the first access. */
export function lazyErrorTable(text: string): ErrorTable {
  let table: ErrorTable | undefined;
  const read = (): ErrorTable => {
    table ??= readErrorTable(text);
    return table;
  };
  return new Proxy<ErrorTable>(
    {},
    {
      get: (_, name) => Reflect.get(read(), name),
      has: (_, name) => Reflect.has(read(), name),
      ownKeys: () => Reflect.ownKeys(read()),
      getOwnPropertyDescriptor: (_, name) => Reflect.getOwnPropertyDescriptor(read(), name),
    },
  );
}

/** A name's number is one more than that of the name before, unless a number stands in front of it. */
function readErrorTable(text: string): ErrorTable {
  const table: ErrorTable = {};
  let number = 0;
  for (const word of text.split(" ")) {
    if (/^\d/.test(word)) number = Number(word);
    else {
      table[word] = number;
      table[number] = word;
      number++;
    }
  }
  return table;
}
