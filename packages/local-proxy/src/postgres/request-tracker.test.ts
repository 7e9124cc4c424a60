import { expect, test } from "vitest";
import { RequestTracker } from "./request-tracker.js";

function send(requests: RequestTracker, types: string): void {
  for (const type of types) requests.onRequest(type);
}

test("a new session has no outstanding reply", () => {
  expect(new RequestTracker()).toMatchObject({ status: "I", isAnswered: true });
});

test("a query is outstanding until ReadyForQuery, which has the status", () => {
  const requests = new RequestTracker();
  send(requests, "Q");
  expect(requests.isAnswered).toBe(false);
  requests.onReady("T");
  expect(requests).toMatchObject({ status: "T", isAnswered: true });
});

test("an extended request is open until its Sync is answered", () => {
  const requests = new RequestTracker();
  send(requests, "PBDE");
  expect(requests.isAnswered).toBe(false);
  send(requests, "S");
  expect(requests.isAnswered).toBe(false);
  requests.onReady("I");
  expect(requests.isAnswered).toBe(true);
});

test("pipelined requests are answered one by one", () => {
  const requests = new RequestTracker();
  send(requests, "QPBESQ");
  requests.onReady("I");
  requests.onReady("I");
  expect(requests.isAnswered).toBe(false);
  requests.onReady("I");
  expect(requests.isAnswered).toBe(true);
});

test("copy data belongs to its query", () => {
  const requests = new RequestTracker();
  send(requests, "Q");
  requests.onCopyIn();
  send(requests, "ddc");
  expect(requests.isAnswered).toBe(false);
  requests.onReady("I");
  expect(requests.isAnswered).toBe(true);
});

test("a Sync that the server ignores during COPY FROM STDIN is not outstanding", () => {
  const requests = new RequestTracker();
  send(requests, "PBES");
  requests.onCopyIn();
  send(requests, "dSdc");
  expect(requests.isAnswered).toBe(false);
  send(requests, "S");
  requests.onReady("I");
  expect(requests.isAnswered).toBe(true);
});
