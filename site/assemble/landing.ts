import { type Page, sectionOf, sourceOf } from "./markdown.js";

/** The landing page: the root README's own parts, what the tests cover, and figures that components read from the measurements. */
export function renderLanding(readme: Page, testedWith: Page, repositoryUrl: string): string {
  const section = (title: string): string => `## ${title}\n\n${sourceOf(readme, sectionOf(readme, title))}`;
  return `---
layout: home
title: rds-proxy for Middy
titleTemplate: false
hero:
  name: rds-proxy
  text: Warm connections from Lambda to Amazon RDS Proxy
  tagline: Logged in with an IAM token, verified by TLS, released after each invocation. For Middy and without; pg, mysql2, Kysely, Sequelize and Drizzle.
  actions:
    - { theme: brand, text: Start in five minutes, link: /docs/quick-start }
    - { theme: alt, text: Find an error, link: /error-lookup }
    - { theme: alt, text: GitHub, link: "${repositoryUrl}" }
---

${sourceOf(readme, handlerOf(readme))}

<KeyFigures />

${section("What it fixes")}

## Tested on

${sourceOf(testedWith, firstTable(testedWith))}

[What is tested on what](/docs/tested-with.md), and what it found.

## The storm

200 execution environments start at once, against a server that takes 60 connections. [How it is measured](/docs/storm/index.md)

<StormCharts engine="postgres" />

${section("Install")}

${section("Packages")}
`;
}

/** The first code block with the paragraph after it. */
function handlerOf({ path, tree }: Page) {
  const start = tree.children.findIndex((node) => node.type === "code");
  if (start < 0) throw new Error(`${path} has no code block`);
  return tree.children.slice(start, start + 2);
}

function firstTable({ path, tree }: Page) {
  const table = tree.children.find((node) => node.type === "table");
  if (!table) throw new Error(`${path} has no table`);
  return [table];
}
