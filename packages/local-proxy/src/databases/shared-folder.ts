import { constants } from "node:fs";
import { access, chmod, mkdtemp, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** What others may do to a folder: enter it. */
const ENTERED_BY_OTHERS = 0o001;

/**
 * Creates a private folder that other users can pass through, and not list: below TMPDIR where they can reach that, else
 * below the system's own temporary folder.
 *
 * Throws an `Error` that says what to set where neither can be used.
 */
export async function createSharedFolder(prefix: string): Promise<string> {
  const candidates = [...new Set([tmpdir(), "/tmp", "/var/tmp"])];
  for (const candidate of candidates) {
    if (!(await isOpenToOthers(candidate))) continue;
    const folder = await mkdtemp(join(candidate, prefix));
    try {
      await chmod(folder, 0o711);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
    return folder;
  }
  throw new Error(
    `PostgreSQL runs as another user here, who can enter none of ${candidates.join(", ")}: ` +
      "set TMPDIR to a folder that others can enter.",
  );
}

/** Whether other users can enter a folder, and this one can write to it. */
async function isOpenToOthers(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK);
    for (let path = await realpath(folder); ; path = dirname(path)) {
      if (((await stat(path)).mode & ENTERED_BY_OTHERS) === 0) return false;
      if (path === dirname(path)) return true;
    }
  } catch {
    return false;
  }
}
