import { expect, test } from "vitest";
import { ScramClient } from "./scram-client.js";

const serverFirst = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

test("a server that does not prove that it knows the password is refused", () => {
  const client = new ScramClient("pencil", "rOprNGfwEbeRWgbNEkqO");
  expect(client.first()).toBe("n,,n=,r=rOprNGfwEbeRWgbNEkqO");
  client.final(serverFirst);
  expect(client.isServerGenuine("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")).toBe(false);
  expect(client.isServerGenuine("v=")).toBe(false);
});

test("a challenge that does not begin with the client's nonce is refused", () => {
  expect(() => new ScramClient("pencil", "another").final(serverFirst)).toThrow("malformed SCRAM challenge");
});
