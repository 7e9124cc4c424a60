/** Schedules that once broke a promise. */
export const REGRESSIONS: readonly { readonly name: string; readonly schedule: string }[] = [];
