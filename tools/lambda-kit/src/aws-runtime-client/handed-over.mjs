/** The function of a runtime client that runs in a process of tests: a handler that the process has handed over. */
export function handler(event, context) {
  return globalThis[Symbol.for("@rds-proxy/lambda-kit/handed-over")](event, context);
}
