import { expect, test } from "vitest";
import { parseRepository } from "./repository.js";

test.each(["github:Owner/name", "https://github.com/Owner/name", "git+https://github.com/Owner/name.git"])(
  "%s is the repository and its site",
  (repository) => {
    expect(parseRepository(repository)).toEqual({
      url: "https://github.com/Owner/name",
      siteUrl: "https://owner.github.io/name",
      base: "/name/",
    });
  },
);

test("another address is refused with the form that is expected", () => {
  expect(() => parseRepository(undefined)).toThrow('such as "github:owner/name", received undefined');
  expect(() => parseRepository("https://example.com/owner/name")).toThrow(
    "package.json: expected `repository`",
  );
});
