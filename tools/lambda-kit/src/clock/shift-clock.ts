/**
 * Replaces this process's wall clock, so that no test waits for 15 minutes. Everything that asks for the date afterwards gets
 * the shifted one: the AWS signer and the middleware alike. Timers are unchanged.
 *
 * @param offsetMs how far the clock is ahead; called each time
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
