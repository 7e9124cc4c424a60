import { expect, it } from "vitest";
import { loadAfterFailure } from "./load-after-failure.js";

it("loads what a failure needs", async () => {
  expect(await loadAfterFailure(new Error("refused"), async () => "words")).toBe("words");
});

it("loses no failure over a file that was not deployed", async () => {
  const failure = new Error("refused");
  const missing = new Error("Cannot find module");
  const failed = loadAfterFailure(failure, () => Promise.reject(missing));
  await expect(failed).rejects.toMatchObject({ errors: [failure, missing] });
  await expect(failed).rejects.toThrow("deploy the bundle whole");
});
