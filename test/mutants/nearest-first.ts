import { dirname } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Puts the tests first that probably notice a mutant soonest: the rest does not run then. */
export class NearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // The mutant's file, set by Stryker's runner; in its first run, without a mutant, all of them.
    const mutated = this.ctx.config.related ?? [];
    const distance = ({ moduleId }: TestSpecification): number => {
      // Others wait for a server.
      if (!moduleId.includes("/packages/")) return 2;
      return mutated.some((file) => dirname(file) === dirname(moduleId)) ? 0 : 1;
    };
    return files.toSorted((one, other) => distance(one) - distance(other));
  }
}
