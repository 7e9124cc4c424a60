import { expect, test } from "vitest";
import { Reports } from "./reports.js";

test("shows control characters instead of sending them to the terminal", () => {
  const lines: string[] = [];
  new Reports((line) => lines.push(line)).add(
    "the user ev\u001b[31mil\r\nrds-proxy-connect: fake \u202e\u009b, Müller, 東京",
  );
  expect(lines).toEqual([
    String.raw`the user ev\x1b[31mil\x0d\x0ards-proxy-connect: fake \u{202e}\x9b, Müller, 東京`,
  ]);
});

test("counts repetitions", () => {
  const lines: string[] = [];
  const reports = new Reports((line) => lines.push(line));
  for (let time = 0; time < 2000; time += 1) reports.add("wrong password");
  reports.add("wrong user");
  expect(lines).toEqual(["wrong password", "wrong user"]);
  reports.flush();
  expect(lines.slice(2)).toEqual(["1999 more of: wrong password"]);
  reports.flush();
  reports.add("wrong password");
  expect(lines.slice(3)).toEqual(["wrong password"]);
});

test("writes each of many different lines", () => {
  const lines: string[] = [];
  const reports = new Reports((line) => lines.push(line));
  for (let user = 0; user < 1000; user += 1) reports.add(`wrong user ${user}`);
  expect(lines).toHaveLength(1000);
});
