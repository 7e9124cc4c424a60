/** Prints how a command is used and ends the process, where that was asked for. */
export function printHelp(isAsked: boolean, usage: string): void {
  if (!isAsked) return;
  console.log(usage);
  process.exit(0);
}
