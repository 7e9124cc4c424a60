import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate in a temporary file. */
export interface CaFile {
  readonly path: string;
  /** Deletes the file and its folder. */
  remove(): Promise<void>;
}

/** Writes a certificate to a new temporary folder that only this user can enter. */
export async function writeCaFile(pem: string): Promise<CaFile> {
  const folder = await mkdtemp(join(tmpdir(), "local-rds-proxy-"));
  const path = join(folder, "ca.pem");
  await writeFile(path, pem);
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}
