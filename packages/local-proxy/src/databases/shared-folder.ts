import { constants } from "node:fs";
import { access, chmod, mkdtemp, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The permission bit that lets other users enter a folder. */
const ENTERED_BY_OTHERS = 0o001;

/**
 * Creates a folder that other users can enter but not list: below TMPDIR if they can reach that, else below the system's
 * temporary folder.
 *
 * Rejects with an `Error` that says what to set if neither can be used.
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
    `As root, PostgreSQL runs as another user, who can enter none of ${candidates.join(", ")}: ` +
      "set TMPDIR to a folder that other users can enter.",
  );
}

/** Whether other users can enter a folder, and this user can write to it. */
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
