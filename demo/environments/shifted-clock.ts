/**
 * Puts a wall clock of our own over this process's, so that the demo need not wait for 15 minutes to pass. Whoever
 * asks for the date after this gets the shifted one: the AWS signer and the middleware alike. Timers are not touched.
 *
 * @returns sets how far the clock is ahead, in ms
 */
export function shiftClock(): (offsetMs: number) => void {
  const RealDate = Date;
  let offsetMs = 0;
  const now = (): number => RealDate.now() + offsetMs;

  globalThis.Date = new Proxy(RealDate, {
    get: (target, property) => (property === "now" ? now : Reflect.get(target, property)),
    construct: (target, values, newTarget) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
    apply: () => new RealDate(now()).toString(),
  });
  return (newOffsetMs) => {
    offsetMs = newOffsetMs;
  };
}
