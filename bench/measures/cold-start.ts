import type { Mark } from "../processes/task.js";
import type { Side } from "../side.js";

/** The consecutive parts of a cold start, in milliseconds. */
export interface ColdStartParts {
  /** From the start of the process until the runtime begins to load the handler: Node itself. */
  readonly boot: number;
  /** Until the first dial: the bundle is read, parsed and run, and a client is created. */
  readonly load: number;
  /** TCP, TLS and login, without signing. */
  readonly connect: number;
  /** From the server's request for the token to the client's answer. Signing before the dial is part of `load`. */
  readonly sign: number;
  /** From the end of the login to the handler's result. */
  readonly query: number;
}

/** Milliseconds from the start of the process to the first answer. */
export async function coldStart(side: Side): Promise<number> {
  const variables = await side.variables();
  const startedAt = performance.now();
  const environment = await side.startEnvironment(variables);
  try {
    await environment.invoke();
    return performance.now() - startedAt;
  } finally {
    await environment.stop();
  }
}

/** Another cold start, in a process that records its marks. */
export async function coldStartParts(side: Side): Promise<ColdStartParts> {
  const variables = await side.variables();
  const startedAt = performance.timeOrigin + performance.now();
  const environment = await side.startEnvironment(variables, { isProbed: true });
  try {
    const marks = await environment.invoke();
    return partsOf(startedAt, marks, performance.timeOrigin + performance.now());
  } finally {
    await environment.stop();
  }
}

function partsOf(startedAt: number, marks: readonly Mark[], answeredAt: number): ColdStartParts {
  const booted = first(marks, "booted", startedAt);
  const dialled = first(marks, "dialled", booted);
  const sent = first(marks, "token sent", dialled);
  const asked = marks.findLast(({ name, at }) => name === "heard" && at <= sent)?.at ?? sent;
  const loggedIn = first(marks, "heard", sent);
  return {
    boot: booted - startedAt,
    load: dialled - booted,
    connect: loggedIn - dialled - (sent - asked),
    sign: sent - asked,
    query: answeredAt - loggedIn,
  };
}

function first(marks: readonly Mark[], name: Mark["name"], from: number): number {
  const found = marks.find((mark) => mark.name === name && mark.at >= from);
  if (!found) throw new Error(`a cold start has no mark ${name}`);
  return found.at;
}
