// Node's timers as they were when this module was loaded. Tests that fake time (sinon, Vitest, Jest, node:test) replace the
// globals and the properties of node:timers; a connection that waited for a faked timer would wait for ever, which the
// drivers by themselves do not.

const own: typeof globalThis = globalThis;

export const setTimeout: typeof own.setTimeout = own.setTimeout;
export const clearTimeout: typeof own.clearTimeout = own.clearTimeout;
export const setInterval: typeof own.setInterval = own.setInterval;
export const clearInterval: typeof own.clearInterval = own.clearInterval;
export const setImmediate: typeof own.setImmediate = own.setImmediate;
export const nextTick: typeof process.nextTick = process.nextTick;
