import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Unit tests notice a mutant in milliseconds; the others wait for a server. */
export class UnitsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isUnit = ({ moduleId }: TestSpecification): boolean => moduleId.includes("/packages/");
    return files.toSorted((one, other) => Number(isUnit(other)) - Number(isUnit(one)));
  }
}
