/** An error as node-postgres makes it of the server's answer. */
export function serverError(code: string, message: string): Error {
  return Object.assign(new Error(message), {
    name: "error",
    code,
    severity: "FATAL",
    length: message.length,
  });
}

class SequelizeConnectionError extends Error {
  readonly parent: Error;
  readonly original: Error;

  constructor(parent: Error) {
    super(parent.message);
    this.name = "SequelizeConnectionError";
    this.parent = parent;
    this.original = parent;
  }
}

/** What drivers, ORMs and applications wrap around an error, by name. */
export const WRAPPERS: Readonly<Record<string, (error: Error) => unknown>> = {
  "as it is": (error) => error,
  "in a cause": (error) => new Error("query failed", { cause: error }),
  "in a parent": (error) => Object.assign(new Error("orm failed"), { parent: error }),
  "in an original": (error) => ({ name: "OrmError", message: "orm failed", original: error }),
  "in an AggregateError": (error) => new AggregateError([new Error("another"), error], ""),
  "in Sequelize's ConnectionError": (error) => new SequelizeConnectionError(error),
  "three levels deep": (error) =>
    new Error("a", { cause: Object.assign(new Error("b"), { parent: new AggregateError([error]) }) }),
  "in a ring of causes": (error) => {
    const outer = new Error("outer", { cause: error });
    // The error itself keeps its cause, if it has one.
    if (error.cause === undefined) Object.assign(error, { cause: outer });
    return outer;
  },
};
