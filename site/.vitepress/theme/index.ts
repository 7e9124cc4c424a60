import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme-without-fonts";
import { defineAsyncComponent } from "vue";
import "./style.css";

/** VitePress's own theme with the site's components, each loaded by the pages that have it. */
export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component(
      "MeasuredChart",
      defineAsyncComponent(() => import("./measured-chart.vue")),
    );
    app.component(
      "StormCharts",
      defineAsyncComponent(() => import("./storm-charts.vue")),
    );
    app.component(
      "KeyFigures",
      defineAsyncComponent(() => import("./key-figures.vue")),
    );
    app.component(
      "ErrorLookup",
      defineAsyncComponent(() => import("./error-lookup.vue")),
    );
  },
} satisfies Theme;
