import fc from "fast-check";
import { expect, test } from "vitest";
import { ScramClient } from "./scram-client.js";
import { ScramServer } from "./scram-server.js";

/** Whether a client with the password `given` and a server with `stored` accept each other's proof. */
function exchange(given: string, stored: string): { client: boolean; server: boolean } {
  const client = new ScramClient(given);
  const server = new ScramServer(stored);
  const challenge = server.challenge(client.first());
  if (challenge === undefined) throw new Error("no challenge");
  const outcome = server.verify(client.final(challenge));
  return { client: outcome !== undefined, server: outcome !== undefined && client.isServerGenuine(outcome) };
}

test("client and server accept each other's proof only with the same password", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (password, other) => {
      expect(exchange(password, password)).toEqual({ client: true, server: true });
      if (password.normalize("NFKC") === other.normalize("NFKC")) return;
      expect(exchange(other, password)).toEqual({ client: false, server: false });
    }),
    { numRuns: 20 },
  );
});

test("malformed messages are refused", () => {
  const server = new ScramServer("secret");
  expect(server.challenge("rubbish")).toBeUndefined();
  expect(server.challenge("n,,n=,r=abc")).toContain("r=abc");
  expect(server.verify("c=biws,r=another nonce,p=AAAA")).toBeUndefined();
  expect(server.verify("")).toBeUndefined();
});
