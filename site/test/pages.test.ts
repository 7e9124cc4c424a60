import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { readRepository } from "../assemble/repository.js";
import { type SiteServer, serveSite } from "../serve.js";
import { readBuiltPages } from "./built-site.js";
import { findChromium } from "./install-chromium.js";

const rules = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] };
const contrast = { runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } };

/** One of each kind, where there is no time for all. */
const few = [
  "index.html",
  "docs/benchmarks/index.html",
  "docs/errors.html",
  "error-lookup.html",
  "packages/middleware/index.html",
  "api/@rds-proxy/core.html",
];
const pages =
  process.env["TEST_SITE_PAGES"] === "few" ? few : (await readBuiltPages()).map(({ path }) => path);
let site: SiteServer;
let browser: Browser;
beforeAll(async () => {
  site = await serveSite((await readRepository()).base, 0);
  const args = ["--disable-background-networking", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])];
  browser = await chromium.launch({ executablePath: findChromium() ?? "", args });
});
afterAll(async () => {
  await browser.close();
  site.close();
});

/** A window whose errors, and requests to other hosts, fail the test that it is used in. */
class Tab {
  readonly page: Page;
  readonly #problems: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on("pageerror", ({ message }) => this.#problems.push(message));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.#problems.push(message.text());
    });
    page.on("request", (request) => {
      if (!/^(?:data|blob):/.test(request.url()) && !request.url().startsWith(site.url))
        this.#problems.push(`a request to ${request.url()}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) this.#problems.push(`${response.status()} for ${response.url()}`);
    });
  }

  /** Opens a page and waits until it is alive and its charts are drawn. */
  async open(path: string): Promise<Page> {
    await this.page.goto(site.url + path, { waitUntil: "load" });
    await this.page.waitForFunction("document.querySelector('#app')?.__vue_app__");
    const charts = await this.page.locator(".chart-place").count();
    if (charts > 0)
      await this.page.waitForFunction(`document.querySelectorAll('.chart-place svg').length === ${charts}`);
    return this.page;
  }

  takeProblems(): readonly string[] {
    return this.#problems.splice(0);
  }
}

async function openTab(options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 360, height: 800 }, ...options });
  return new Tab(await context.newPage());
}

/** A page in a window of its own. */
async function openPage(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const tab = await openTab(options);
  onTestFinished(async () => {
    await tab.page.context().close();
    expect(tab.takeProblems()).toEqual([]);
  });
  return tab.open(path);
}

async function violations(page: Page, options: object): Promise<readonly string[]> {
  const found = await page.evaluate(`axe.run(document, ${JSON.stringify(options)}).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.slice(0, 5).map(({ html, any }) =>
      id + ": " + html.slice(0, 200) + " " + (any[0]?.message ?? ""))))`);
  return found as readonly string[];
}

async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env["TEST_SCREENSHOTS"];
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

describe("on a phone", () => {
  // One window for all, which keeps scripts and styles in its cache.
  let tab: Tab;
  beforeAll(async () => {
    tab = await openTab();
  });

  test.each(pages)("%s loads without errors, fits, and is accessible in light and dark", async (path) => {
    const page = await tab.open(path);
    const overflow = (): Promise<unknown> =>
      page.evaluate("document.documentElement.scrollWidth - innerWidth");
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.evaluate(axe.source);
    expect(await violations(page, rules)).toEqual([]);
    // The theme fades colours in, which would be measured halfway.
    await page.addStyleTag({ content: "*, ::before, ::after { transition: none !important }" });
    await page.evaluate("document.documentElement.classList.add('dark')");
    expect(await violations(page, contrast)).toEqual([]);
    expect(await overflow()).toBeLessThanOrEqual(0);
    expect(tab.takeProblems()).toEqual([]);
  });
});

describe.each(["light", "dark"] as const)("in the %s", (colorScheme) => {
  test.each([
    ["index.html", 7],
    ["docs/benchmarks/index.html", 12],
    ["docs/storm/index.html", 6],
  ])("the charts of %s are drawn, and have their numbers as a table", async (path, least) => {
    for (const width of [360, 1280]) {
      const page = await openPage(path, { colorScheme, viewport: { width, height: 900 } });
      const drawn = await page
        .locator(".chart-place svg")
        .evaluateAll((all) => all.map((svg) => svg.querySelectorAll("path").length));
      expect(drawn.length).toBeGreaterThan(0);
      for (const paths of drawn) expect(paths).toBeGreaterThan(least);
      expect(await page.locator(".chart details td").count()).toBeGreaterThan(6);
      await screenshot(page, `${path.replaceAll("/", "-")}-${colorScheme}-${width}`);
    }
  });
});

test("a button of a chart shows another driver", async () => {
  const page = await openPage("docs/benchmarks/index.html");
  const chart = page.locator(".chart").first();
  const drawn = (): Promise<string> => chart.locator(".chart-place").innerHTML();
  const before = await drawn();
  await chart.getByRole("button", { name: "mysql2", exact: true }).click();
  await expect.poll(drawn).not.toBe(before);
});

test("a pasted error finds its classification, its cause and its code", async () => {
  const page = await openPage("error-lookup.html");
  await page
    .getByLabel("Error, log line or code")
    .fill("error: remaining connection slots are reserved for roles with the SUPERUSER attribute (53300)");
  const found = page.locator(".error-row");
  await found.filter({ hasText: "RDS_PROXY_EXHAUSTED" }).first().waitFor();
  await found
    .filter({ hasText: "sorry, too many clients already" })
    .or(found.filter({ hasText: "max_connections" }))
    .first()
    .waitFor();
  await page.evaluate(axe.source);
  expect(await violations(page, rules)).toEqual([]);
  await page.getByLabel("Error, log line or code").fill("RDS_PROXY_PINNED");
  await found.filter({ hasText: "onPin" }).first().waitFor();
});

test("the search box answers a question, and is legible", async () => {
  const page = await openPage("index.html", { viewport: { width: 1280, height: 800 } });
  await page.locator("#local-search button").click();
  await page.locator("#localsearch-input").fill("RDS_PROXY_BORROW_TIMEOUT");
  await page.locator(".result", { hasText: "Errors" }).first().waitFor();
  await page.evaluate(axe.source);
  // VitePress gives its box and results roles of their own around links, and labels with " > " where it shows an icon.
  const theirs = {
    "nested-interactive": { enabled: false },
    "label-content-name-mismatch": { enabled: false },
  };
  const search = { ...rules, rules: theirs };
  expect(await violations(page, search)).toEqual([]);
});
