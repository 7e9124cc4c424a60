/** Schedules that once broke a promise. */
export const REGRESSIONS: readonly { readonly name: string; readonly schedule: string }[] = [
  {
    name: "a released client that the server does not close makes no caller of a pg.Pool wait",
    schedule: "pg-pool 1: connect release-error / connect release / silence @ 0.0.0.1",
  },
];
