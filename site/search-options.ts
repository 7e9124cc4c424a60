/** How the search reads pages and questions. Self-contained, since VitePress sends its source text to the browser. */
export function tokenize(text: string): string[] {
  const words = text.split(/[\n\r\p{Z}\p{P}]+/u);
  // Codes, options and packages also as a whole: RDS_PROXY_TLS, ssl.ca, @rds-proxy/core.
  const names = text.match(/[\p{L}\p{N}]+(?:[_.@/-]+[\p{L}\p{N}]+)+/gu) ?? [];
  return [...words, ...names];
}
