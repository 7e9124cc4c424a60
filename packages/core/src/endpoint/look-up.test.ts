import dns, { type LookupAddress } from "node:dns";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { lookUp } from "./look-up.js";

type Found = [error: NodeJS.ErrnoException | null, address: string | LookupAddress[]];
type SystemLookup = (host: string, options: object, callback: (...found: Found) => void) => void;

/** Replaces Node's own lookup, which sockets use as a property of its module, too. */
function replaceLookup(value: SystemLookup): void {
  const own = dns.lookup;
  Object.defineProperty(dns, "lookup", { value, configurable: true, writable: true });
  onTestFinished(() => {
    Object.defineProperty(dns, "lookup", { value: own, configurable: true, writable: true });
  });
}

function lookUpAll(host: string): Promise<Found> {
  return new Promise((resolve) => {
    lookUp(host, { all: true }, (error, address) => resolve([error, address]));
  });
}

describe("a lookup", () => {
  it("has the answer of Node's own, unchanged", async () => {
    const answer: LookupAddress[] = [
      { address: "fd00::7", family: 6 },
      { address: "10.0.0.7", family: 4 },
    ];
    const asked: unknown[] = [];
    replaceLookup((host, options, callback) => {
      asked.push([host, options]);
      callback(null, answer);
    });
    expect(await lookUpAll("db.example.com")).toEqual([null, answer]);
    expect(asked).toEqual([["db.example.com", { all: true }]]);
  });

  it("has its error", async () => {
    const refused = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
    replaceLookup((_host, _options, callback) => callback(refused, []));
    expect(await lookUpAll("localhost")).toEqual([refused, []]);
  });

  it("that gets no thread is answered without one, once", async () => {
    const late: ((...found: Found) => void)[] = [];
    replaceLookup((_host, _options, callback) => late.push(callback));
    const answers: unknown[] = [];
    const first = new Promise<void>((resolve) => {
      lookUp("localhost", { family: 4 }, (...found) => {
        answers.push(found);
        resolve();
      });
    });
    await first;
    for (const answer of late) answer(null, "10.0.0.7");
    expect(answers).toEqual([[null, "127.0.0.1", 4]]);
  });

  it("that gets no thread waits for one if the way without threads fails", async () => {
    const late: ((...found: Found) => void)[] = [];
    replaceLookup((_host, _options, callback) => late.push(callback));
    const query = vi.spyOn(dns.promises.Resolver.prototype, "resolve4");
    query.mockImplementation(vi.fn().mockRejectedValue(new Error("queryA ETIMEOUT")));
    onTestFinished(() => query.mockRestore());
    const answers: unknown[] = [];
    lookUp("db.example.com.", { family: 4 }, (...found) => answers.push(found));
    await expect.poll(() => query.mock.calls).toEqual([["db.example.com."]]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(answers).toEqual([]);
    for (const answer of late) answer(null, "10.0.0.7");
    expect(answers).toEqual([[null, "10.0.0.7"]]);
  });

  it("that has an answer in time needs no second way", () => {
    replaceLookup((_host, _options, callback) => callback(null, []));
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const answers: unknown[] = [];
    lookUp("localhost", { all: true }, (...found) => answers.push(found));
    expect(answers).toEqual([[null, []]]);
    expect(timers()).toBe(before);
  });
});
