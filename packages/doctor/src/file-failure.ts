import { codeOf, messageOf } from "./error-text.js";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  ENOTDIR: "a part of its path is not a folder",
  EACCES: "this user may not read it",
  EPERM: "this user may not read it",
  EISDIR: "it is a folder",
  ELOOP: "its symbolic links form a circle",
};

/** Why a file or folder could not be read, without Node's name of the system call. */
export function fileFailure(error: unknown): string {
  return REASONS[codeOf(error)] ?? messageOf(error);
}
