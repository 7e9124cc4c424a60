// Self-contained functions, since VitePress sends their source text to the browser.

/** How the search reads pages and questions. */
export function tokenize(text: string): string[] {
  const words = text.split(/[\n\r\p{Z}\p{P}]+/u);
  // Codes, options and packages also as a whole: RDS_PROXY_TLS, ssl.ca, @rds-proxy/core.
  const names = text.match(/[\p{L}\p{N}]+(?:[_.@/-]+[\p{L}\p{N}]+)+/gu) ?? [];
  return [...words, ...names];
}

/** What a page of this address counts for in the order of the results. Guides come before the reference, which repeats their words. */
export function boostDocument(address: string): number {
  return address.includes("/api/") ? 0.3 : 1;
}
