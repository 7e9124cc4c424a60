import fc from "fast-check";
import { expect, test } from "vitest";
import { ScramClient } from "./scram-client.js";
import { ScramServer } from "./scram-server.js";

/** Whether a client with `given` convinces a server that knows `stored`, and the other way round. */
function exchange(given: string, stored: string): { client: boolean; server: boolean } {
  const client = new ScramClient(given);
  const server = new ScramServer(stored);
  const challenge = server.challenge(client.first());
  if (challenge === undefined) throw new Error("no challenge");
  const outcome = server.verify(client.final(challenge));
  return { client: outcome !== undefined, server: outcome !== undefined && client.isServerGenuine(outcome) };
}

test("a client with the password and the server convince each other, and one without it does not", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (password, other) => {
      expect(exchange(password, password)).toEqual({ client: true, server: true });
      if (password.normalize("NFKC") === other.normalize("NFKC")) return;
      expect(exchange(other, password)).toEqual({ client: false, server: false });
    }),
    { numRuns: 20 },
  );
});

test("messages that are none are refused", () => {
  const server = new ScramServer("secret");
  expect(server.challenge("rubbish")).toBeUndefined();
  expect(server.challenge("n,,n=,r=abc")).toContain("r=abc");
  expect(server.verify("c=biws,r=somebody else's,p=AAAA")).toBeUndefined();
  expect(server.verify("")).toBeUndefined();
});
