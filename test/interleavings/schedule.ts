/** What runs at the same time: for each actor its steps, in order. */
export interface Program {
  /** The name of what is explored. */
  readonly subject: string;
  readonly maxConnections: number;
  readonly actors: readonly (readonly string[])[];
}

/** A program, and which event occurs at each choice. After the last one the first occurs. */
export interface Schedule {
  readonly program: Program;
  readonly choices: readonly number[];
}

/**
 * Reads a program: `slots 1: acquire query release / acquire release / kill`.
 *
 * @throws Error that says what was expected
 */
export function parseProgram(line: string): Program {
  const [, subject, max, actors] = /^\s*([\w-]+) (\d+): (.*)$/.exec(line) ?? [];
  if (!subject || !actors) {
    throw new Error(`expected a line like "slots 1: acquire release / kill", got ${JSON.stringify(line)}`);
  }
  return {
    subject,
    maxConnections: Number(max),
    actors: actors.split("/").map((steps) => steps.trim().split(/\s+/)),
  };
}

/** Reads a program with choices: `slots 1: acquire release / kill @ 0.2.1`. */
export function parseSchedule(line: string): Schedule {
  const [program = "", choices = ""] = line.split("@");
  return {
    program: parseProgram(program.trim()),
    choices: choices.trim() === "" ? [] : choices.trim().split(".").map(Number),
  };
}

function printProgram({ subject, maxConnections, actors }: Program): string {
  return `${subject} ${maxConnections}: ${actors.map((steps) => steps.join(" ")).join(" / ")}`;
}

export function printSchedule({ program, choices }: Schedule): string {
  return `${printProgram(program)} @ ${choices.join(".")}`.trim();
}

/** Steps by which an invocation gets a connection, and those that end its use. All others between need one. */
const BEGINS = ["acquire", "hurry", "take", "connect"];
const ENDS = [
  ...["release", "release-error", "destroy", "release+destroy", "release+release"],
  ...["after", "throw", "timeout", "early", "abandon", "give", "give+abort"],
];

export function isBegin(step: string): boolean {
  return BEGINS.includes(step);
}

/** Whether a connection is asked for before it is used, and every use is ended. */
export function isWhole(steps: readonly string[]): boolean {
  if (!steps.some(isBegin)) return !steps.some((step) => ENDS.includes(step));
  let isHolding = false;
  for (const step of steps) {
    if (isBegin(step)) {
      if (isHolding) return false;
      isHolding = true;
    } else if (ENDS.includes(step)) {
      if (!isHolding) return false;
      isHolding = false;
    }
  }
  return !isHolding;
}
