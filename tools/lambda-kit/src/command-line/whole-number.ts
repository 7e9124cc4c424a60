/**
 * The value of an option that takes a whole number, in decimal digits.
 *
 * @throws Error that names the option and the least number
 */
export function wholeNumber(option: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least) return value;
  throw new Error(`--${option}: expected a whole number from ${least}, got ${JSON.stringify(text)}`);
}
