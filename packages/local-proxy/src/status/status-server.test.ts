import { request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import type { LocalProxyOptions } from "../options/options.js";
import { connectClient } from "../testing/proxied-client.js";
import { startForTest } from "../testing/start-for-test.js";
import { startStatusServer } from "./status-server.js";

async function startStatus(options: Partial<LocalProxyOptions> = {}): Promise<{
  readonly proxy: Awaited<ReturnType<typeof startForTest>>;
  readonly url: string;
}> {
  const proxy = await startForTest(options);
  const status = await startStatusServer(proxy, 0);
  onTestFinished(() => status.close());
  return { proxy, url: status.url };
}

test("the metrics are Prometheus' text, by CloudWatch's names", async () => {
  const { proxy, url } = await startStatus();
  const client = await connectClient(proxy);
  await client.query("select 1");
  const response = await fetch(`${url}metrics`);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4");
  const text = await response.text();
  // A comment, or a name with an optional label and a number.
  expect(text).toMatch(
    /^(?:# (?:HELP \w+ .+|TYPE \w+ (?:counter|gauge))\n|\w+(?:\{reason="[\w-]+"\})? [\d.]+\n)+$/,
  );
  const metrics = proxy.metrics();
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value !== "number") continue;
    expect(text).toContain(`# TYPE ${name} `);
    expect(text).toContain(`\n${name} ${value}\n`);
  }
  expect(metrics.QueryRequests).toBe(1);
  await client.end();
});

test("refused tokens are counted by their reason", async () => {
  const { proxy, url } = await startStatus();
  await expect(connectClient(proxy, { token: { region: "eu-west-3" } })).rejects.toThrow(
    "IAM authentication failed",
  );
  expect(await (await fetch(`${url}metrics`)).text()).toMatch(/^TokensRefused\{reason="[\w-]+"\} 1$/m);
});

test("COMMITs that a fault of the page has hit are counted by the fault", async () => {
  const { url, proxy } = await startStatus();
  const client = await connectClient(proxy);
  const body = JSON.stringify({ name: "failCommits", choice: "reset-before-commit" });
  const answer = await fetch(`${url}faults`, {
    method: "POST",
    headers: { "x-rds-proxy-local": "1" },
    body,
  });
  expect(answer.status).toBe(200);
  await expect(client.query("commit")).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(await (await fetch(`${url}metrics`)).text()).toMatch(
    /^CommitsLost\{fault="reset-before-commit"\} 1$/m,
  );
});

test("the state contains clients and pins, and no secret", async () => {
  const { proxy, url } = await startStatus();
  const client = await connectClient(proxy);
  await client.query("set work_mem = '1MB'");
  const text = await (await fetch(`${url}state`)).text();
  expect(JSON.parse(text)).toEqual({
    url: proxy.url,
    database: { isAvailable: true },
    metrics: proxy.metrics(),
    clients: [expect.objectContaining({ connection: 1, isPinned: true })],
    pins: [expect.objectContaining({ connection: 1, digest: "set work_mem = $1" })],
    refusals: [],
    history: [],
    faults: expect.objectContaining({ failConnects: expect.arrayContaining(["exhausted"]), clear: [] }),
  });
  for (const name of ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) {
    expect(text).not.toContain(proxy.environment[name]);
  }
  await client.end();
});

test("refused clients are in the state, with the reason that they do not get", async () => {
  const { proxy, url } = await startStatus();
  await expect(connectClient(proxy, { token: { region: "eu-west-3" } })).rejects.toThrow();
  expect(await (await fetch(`${url}state`)).json()).toMatchObject({
    refusals: [
      {
        connection: 1,
        error: expect.stringMatching(/^28P01 .*IAM authentication failed/),
        reason: "wrong-region",
      },
    ],
  });
});

test("a POST causes a fault, but not for a website of another origin", async () => {
  const { proxy, url } = await startStatus();
  const post = (
    body: object,
    headers: Record<string, string> = { "x-rds-proxy-local": "1" },
  ): Promise<Response> => fetch(`${url}faults`, { method: "POST", headers, body: JSON.stringify(body) });
  expect((await post({ name: "failConnects", choice: "exhausted" }, {})).status).toBe(403);
  const client = await connectClient(proxy);
  expect(await (await post({ name: "failConnects", choice: "exhausted" })).text()).toBe(
    "The next connection fails: exhausted.",
  );
  await expect(connectClient(proxy)).rejects.toMatchObject({ code: "53300" });
  expect(await (await post({ name: "killConnections", choice: "fin" })).text()).toBe(
    "1 sessions were ended.",
  );
  expect(await (await post({ name: "failConnects", choice: "nothing" })).text()).toContain(
    "expected one of exhausted",
  );
  expect((await post({ name: "nothing" })).status).toBe(400);
  await client.end();
});

test("other paths and other host names are refused", async () => {
  const { url } = await startStatus();
  expect((await fetch(`${url}nothing`)).status).toBe(404);
  expect(await statusFor(url, "evil.example")).toBe(403);
  expect(await statusFor(url, "[")).toBe(403);
  expect(await statusFor(url, "localhost")).toBe(200);
});

/** The status of the response to a request with this host header. */
function statusFor(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once("error", reject)
      .end();
  });
}
