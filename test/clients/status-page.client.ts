import { Signer } from "@aws-sdk/rds-signer";
import { type AwsCredentials, type LocalProxyOptions, startLocalProxy } from "@rds-proxy/local-proxy";
import pg from "pg";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { startStatusServer } from "../../packages/local-proxy/src/status/status-server.js";

let browser: Browser;
beforeAll(async () => {
  // As root, which many containers are, Chromium runs without its sandbox only.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
});
afterAll(() => browser.close());

async function openPage(
  options: Partial<LocalProxyOptions> = {},
  look: { width?: number; colorScheme?: "light" | "dark" } = {},
) {
  const proxy = await startLocalProxy({ engine: "postgres", upstream: inject("postgres"), ...options });
  onTestFinished(() => proxy.close());
  const status = await startStatusServer(proxy, 0);
  onTestFinished(() => status.close());
  const { width = 1200, colorScheme = "light" } = look;
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  onTestFinished(() => page.close());
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  onTestFinished(() => expect(problems).toEqual([]));
  await page.goto(status.url);
  return { proxy, page };
}

/** A client that is pinned after three statements, and another one that is refused. */
async function useProxy(proxy: Awaited<ReturnType<typeof startLocalProxy>>): Promise<pg.Client> {
  const { user, database, port, host, ssl, region, credentials } = proxy.connectionOptions;
  const connection = { user, database: database ?? "", port, host, ssl };
  await expect(new pg.Client({ ...connection, password: "no-token" }).connect()).rejects.toThrow();
  const signer = new Signer({
    hostname: host,
    port,
    username: user,
    region,
    credentials: identity(credentials),
  });
  const client = new pg.Client({ ...connection, password: () => signer.getAuthToken() });
  client.on("error", () => undefined);
  await client.connect();
  for (const statement of ["select 1", "select '<b>not HTML</b>'", "set work_mem = '1MB'"]) {
    await client.query(statement);
  }
  return client;
}

/** The SDK's types know no undefined session token. */
function identity({ accessKeyId, secretAccessKey, sessionToken = "" }: AwsCredentials) {
  return { accessKeyId, secretAccessKey, sessionToken };
}

function textOf(page: Page, selector: string): Promise<string> {
  return page.locator(selector).innerText();
}

test("the page shows clients with their queries, pins with their statement, refusals with their reason, and a history", async () => {
  const { proxy, page } = await openPage();
  const client = await useProxy(proxy);
  await page.locator("#clients tr.is-pinned").waitFor();
  const [shown] = proxy.clients();
  expect(await textOf(page, "#clients")).toMatch(
    new RegExp(`^2\\s+${shown?.peer}\\s+\\w+\\s+idle, pinned\\s+3\\s+1$`),
  );
  expect(await textOf(page, "#pins")).toContain("set work_mem = $1");
  expect(await textOf(page, "#refusals")).toMatch(/28P01 .*IAM authentication failed.*\s+malformed/);
  await page
    .locator("#history figure")
    .filter({ hasText: /^clients.*most: 1$/ })
    .locator("polyline")
    .waitFor();
  expect(await page.locator("#history figure").count()).toBe(6);
  await client.end();
});

test("a button causes a fault", async () => {
  const { proxy, page } = await openPage();
  const client = await useProxy(proxy);
  const ended = new Promise((resolve) => client.once("end", resolve));
  await page.locator("#faults form", { hasText: "killConnections" }).locator("select").selectOption("rst");
  await page.getByRole("button", { name: "killConnections" }).click();
  await page.getByText("1 sessions were ended.").waitFor();
  await ended;
  expect(proxy.clients()).toEqual([]);
});

test("a database that cannot be used is shown with the reason", async () => {
  const upstream = { host: "127.0.0.1", port: 1, user: "app", password: "x" };
  const { proxy, page } = await openPage({ upstream });
  await proxy.checkDatabase();
  await page.getByText("The database cannot be used: connect ECONNREFUSED 127.0.0.1:1").waitFor();
});

test.each([
  ["light", 360],
  ["dark", 360],
  ["dark", 1200],
] as const)("in the %s, %i px wide, nothing is cut off", async (colorScheme, width) => {
  const { proxy, page } = await openPage({}, { colorScheme, width });
  const client = await useProxy(proxy);
  await page.locator("#clients tr.is-pinned").waitFor();
  const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
  expect(overflow).toBeLessThanOrEqual(0);
  const ground = await page.evaluate("getComputedStyle(document.body).backgroundColor");
  expect(ground).toBe(colorScheme === "dark" ? "rgb(20, 25, 31)" : "rgb(255, 255, 255)");
  const folder = process.env["TEST_SCREENSHOTS"];
  if (folder) await page.screenshot({ path: `${folder}/status-${colorScheme}-${width}.png`, fullPage: true });
  await client.end();
});
