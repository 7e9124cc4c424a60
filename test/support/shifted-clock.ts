/**
 * Puts a wall clock of our own over this process's, so that nobody need wait for 15 minutes to pass. Whoever asks for
 * the date after this gets the shifted one: the AWS signer and the middleware alike. Timers are not touched.
 *
 * @param offsetMs how far the clock is ahead, asked each time
 */
export function shiftClock(offsetMs: () => number): void {
  const RealDate = Date;
  const now = (): number => RealDate.now() + offsetMs();

  globalThis.Date = new Proxy(RealDate, {
    get: (target, property) => (property === "now" ? now : Reflect.get(target, property)),
    construct: (target, values, newTarget) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
    apply: () => new RealDate(now()).toString(),
  });
}
