// Replaces the server-drawn SVG of a chart over time with an interactive one, in place. Fails quietly: the SVG stays.
import * as echarts from "echarts/core";
import { LineChart } from "echarts/charts";
import { DataZoomInsideComponent, GridComponent, TooltipComponent } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";
import { NARROW } from "./base.js";
import * as corridor from "./corridor.js";
import { legend } from "./legend.js";
import { palette } from "./palette.js";
import * as scores from "./scores.js";
import * as series from "./series.js";

echarts.use([LineChart, GridComponent, TooltipComponent, DataZoomInsideComponent, CanvasRenderer]);

const kinds = { corridor, scores, series };

function enhance(holder) {
  const figure = holder.closest("figure");
  const drawing = figure && figure.querySelector("[data-drawing]");
  if (!drawing) return;
  const spec = JSON.parse(holder.textContent);
  const kind = kinds[spec.kind];
  if (!kind) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const stage = document.createElement("div");
  stage.className = "chart-stage";
  stage.setAttribute("role", "img");
  stage.setAttribute("aria-label", `${spec.title}. ${spec.description}`);
  const names = legend(kind.keys(spec));
  drawing.after(names, stage);
  let chart;
  const draw = () => {
    chart.setOption(kind.option(spec, palette(), stage.clientWidth, calm.matches), { notMerge: true });
  };
  try {
    chart = echarts.init(stage, null, { renderer: "canvas" });
    draw();
  } catch (error) {
    if (chart) chart.dispose();
    stage.remove();
    names.remove();
    throw error;
  }
  drawing.hidden = true;
  figure.dataset.live = "true";
  let narrow = stage.clientWidth < NARROW;
  new ResizeObserver(() => {
    if (!stage.clientWidth) return;
    chart.resize();
    if (narrow !== stage.clientWidth < NARROW) {
      narrow = !narrow;
      draw();
    }
  }).observe(stage);
  // The colours come from the style sheet, so a switch of the theme only needs a new look at it.
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  matchMedia("print").addEventListener("change", (event) => {
    drawing.hidden = !event.matches;
    stage.hidden = event.matches;
    names.hidden = event.matches;
  });
}

for (const holder of document.querySelectorAll("script[data-chart]")) {
  try {
    enhance(holder);
  } catch (error) {
    console.warn("The interactive chart could not be drawn; the picture stays.", error);
  }
}
