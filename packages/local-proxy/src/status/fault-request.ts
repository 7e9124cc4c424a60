import { commitFaults, connectFaults, type Faults, killManners, statementFaults } from "../faults/faults.js";

/** The faults that the page offers, by the name of what they do. */
export function faultChoices(engine: string): Readonly<Record<string, readonly string[]>> {
  return {
    failConnects: connectFaults,
    ...(engine === "mysql" ? { failStatements: statementFaults } : {}),
    failCommits: commitFaults,
    killConnections: killManners,
    silenceConnections: [],
    loseNextReply: [],
    setReadOnly: ["on", "off"],
    beginFailover: killManners,
    endFailover: [],
    clear: [],
  };
}

/**
 * Does what a button of the page asks for.
 *
 * @returns what happened, for the page
 * @throws TypeError for an unknown fault
 */
export function causeFault(faults: Faults, name: unknown, choice: unknown): string {
  switch (name) {
    case "failConnects":
      faults.failConnects(known(connectFaults, choice));
      return `The next connection fails: ${choice}.`;
    case "failStatements":
      faults.failStatements(known(statementFaults, choice));
      return `The next statement fails: ${choice}.`;
    case "failCommits":
      faults.failCommits(known(commitFaults, choice));
      return `The next COMMIT fails: ${choice}.`;
    case "killConnections":
      return `${faults.killConnections(known(killManners, choice))} sessions were ended.`;
    case "silenceConnections":
      return `${faults.silenceConnections()} sessions were silenced.`;
    case "loseNextReply":
      faults.loseNextReply();
      return "The next reply gets lost.";
    case "setReadOnly":
      faults.setReadOnly(known(["on", "off"], choice) === "on");
      return choice === "on" ? "The database refuses writes." : "The database accepts writes.";
    case "beginFailover":
      return `${faults.beginFailover(known(killManners, choice))} sessions lost their database connection.`;
    case "endFailover":
      faults.endFailover();
      return "The database is available again.";
    case "clear":
      faults.clear();
      return "No fault is left.";
    default:
      throw new TypeError(`unknown fault: ${JSON.stringify(name)}`);
  }
}

function known<Choice extends string>(choices: readonly Choice[], given: unknown): Choice {
  const choice = choices.find((one) => one === given);
  if (choice !== undefined) return choice;
  throw new TypeError(`expected one of ${choices.join(", ")}, got ${JSON.stringify(given)}`);
}
