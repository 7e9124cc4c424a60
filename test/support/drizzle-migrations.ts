import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs work with a folder of migrations in the form in which drizzle-kit 0.31 writes them. */
export async function withMigrations<Result>(
  migrations: readonly string[],
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "drizzle-migrations-"));
  try {
    const entries = migrations.map((_, index) => ({
      idx: index,
      version: "7",
      when: 1_700_000_000_000 + index,
      tag: `000${index}_step`,
      breakpoints: true,
    }));
    await mkdir(join(folder, "meta"));
    await writeFile(join(folder, "meta/_journal.json"), JSON.stringify({ version: "7", entries }));
    for (const [index, text] of migrations.entries()) {
      await writeFile(join(folder, `000${index}_step.sql`), text);
    }
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
