/** Prints a command's usage and ends the process if `--help` was given. */
export function printHelp(isAsked: boolean, usage: string): void {
  if (!isAsked) return;
  console.log(usage);
  process.exit(0);
}
