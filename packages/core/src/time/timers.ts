// Node's timers at the time when this module was loaded. Tests that fake time (sinon, Vitest, Jest, node:test) replace the globals
// and the properties of node:timers. A connection must not wait for a faked timer, which may never fire.

const own: typeof globalThis = globalThis;

export const setTimeout: typeof own.setTimeout = own.setTimeout;
export const clearTimeout: typeof own.clearTimeout = own.clearTimeout;
export const setInterval: typeof own.setInterval = own.setInterval;
export const clearInterval: typeof own.clearInterval = own.clearInterval;
export const setImmediate: typeof own.setImmediate = own.setImmediate;
export const nextTick: typeof process.nextTick = process.nextTick;
