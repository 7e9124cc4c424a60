import { codeOf } from "../error-text.js";
import { ServerRefusal } from "./wire/server-refusal.js";
import { ProbeError } from "./wire/wire.js";

/** Why something failed, without the texts of servers and of the system, which name hosts, users and addresses. */
export function describeFailure(error: unknown): string {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof ServerRefusal) return `the server refused it (${inner.code})`;
    if (inner instanceof ProbeError) return inner.message;
  }
  const code = codeOf(error instanceof Error && error.cause ? error.cause : error);
  return code === "" ? "the connection failed" : `the connection failed (${code})`;
}
