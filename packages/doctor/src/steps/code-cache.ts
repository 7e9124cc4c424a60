import type { SurroundingsFinding } from "../finding.js";
import type { DiagnosisCause } from "../report.js";

/** What the function's own module says of V8's code cache; nothing where `rds-proxy-bundle` did not make the bundle. */
export function findCodeCache(): SurroundingsFinding {
  const mark: unknown = Reflect.get(globalThis, Symbol.for("@rds-proxy/code-cache"));
  if (typeof mark !== "object" || mark === null) return { facts: [] };
  const writtenBy = String(Reflect.get(mark, "writtenBy"));
  if (Reflect.get(mark, "isUsed") === true) return { facts: [{ name: "code cache", value: "used" }] };
  const running = `${process.version} ${process.platform} ${process.arch}`;
  return {
    facts: [{ name: "code cache", value: `written by Node.js ${writtenBy}, not used by ${running}` }],
    problem: "V8's code cache of this bundle is not used, so each cold start compiles the bundle.",
    causes: [writtenBy === running ? OTHER_FLAGS : OTHER_VERSION],
  };
}

const OTHER_VERSION: DiagnosisCause = {
  cause:
    "Lambda has updated Node.js, or the bundle was made with another version or on another processor architecture.",
  remedy:
    "Run rds-proxy-bundle again with this version, in the container image of the runtime, and let Lambda update Node.js only " +
    "when you deploy:",
  example: "aws lambda put-runtime-management-config --function-name NAME --update-runtime-on FunctionUpdate",
};

const OTHER_FLAGS: DiagnosisCause = {
  cause:
    "NODE_OPTIONS contains flags of V8, under which the cache was not written, or its file was not deployed.",
  remedy: "Remove the flags from NODE_OPTIONS, and deploy the folder that rds-proxy-bundle wrote as a whole.",
};
