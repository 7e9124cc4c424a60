/** Jest brings some 300 packages, and so is installed for the tests that run it alone. */
export const jestVersion = "30.5.2";
