import type { Palette } from "./chart.js";

/** Each colour has a contrast of at least 3 to its surface, texts of at least 4.5. */
export const LIGHT: Palette = {
  text: "#1f2328",
  muted: "#59636e",
  line: "#d1d9e0",
  surface: "#ffffff",
  ours: "#0969da",
  others: "#818b98",
  good: "#1a7f37",
  bad: "#cf222e",
  series: ["#818b98", "#0969da", "#9a6700", "#8250df", "#1a7f37", "#cf222e"],
};

export const DARK: Palette = {
  text: "#e6edf3",
  muted: "#9198a1",
  line: "#3d444d",
  surface: "#1b1b1f",
  ours: "#4493f8",
  others: "#8b949e",
  good: "#3fb950",
  bad: "#f85149",
  series: ["#8b949e", "#4493f8", "#d29922", "#ab7df8", "#3fb950", "#f85149"],
};
