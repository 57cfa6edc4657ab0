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

// Charts that are drawn, by the node that holds their figures.
const drawn = new Map();

function enhance(holder) {
  const figure = holder.closest("figure");
  const drawing = figure && figure.querySelector("[data-drawing]");
  if (!drawing) return;
  let spec = JSON.parse(holder.textContent);
  if (!kinds[spec.kind]) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const stage = document.createElement("div");
  stage.className = "chart-stage";
  stage.dataset.made = "";
  stage.setAttribute("role", "img");
  let names = legend(kinds[spec.kind].keys(spec));
  drawing.after(names, stage);
  let chart;
  const draw = (still) => {
    stage.setAttribute("aria-label", `${spec.title}. ${spec.description}`);
    chart.setOption(kinds[spec.kind].option(spec, palette(), stage.clientWidth, calm.matches || still === true), { notMerge: true });
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
  const sizes = new ResizeObserver(() => {
    if (!stage.clientWidth) return;
    chart.resize();
    if (narrow !== stage.clientWidth < NARROW) {
      narrow = !narrow;
      draw();
    }
  });
  sizes.observe(stage);
  // The colours come from the style sheet, so a switch of the theme only needs a new look at it.
  const themes = new MutationObserver(draw);
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const lives = new AbortController();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw, lives);
  const print = (event) => {
    drawing.hidden = !event.matches;
    stage.hidden = event.matches;
    names.hidden = event.matches || names.childElementCount === 0;
  };
  matchMedia("print").addEventListener("change", print, lives);
  const text = holder.textContent;
  drawn.set(holder, {
    text,
    // With newer figures of the same chart.
    update() {
      spec = JSON.parse(holder.textContent);
      const fresh = legend(kinds[spec.kind].keys(spec));
      names.replaceWith(fresh);
      names = fresh;
      draw(true);
    },
    end() {
      lives.abort();
      sizes.disconnect();
      themes.disconnect();
      chart.dispose();
    },
  });
}

function enhanceAll() {
  for (const [holder, one] of drawn) {
    if (!holder.isConnected) {
      one.end();
      drawn.delete(holder);
    }
  }
  for (const holder of document.querySelectorAll("script[data-chart]")) {
    const one = drawn.get(holder);
    try {
      if (!one) enhance(holder);
      else if (one.text !== holder.textContent) {
        one.text = holder.textContent;
        one.update();
      }
    } catch (error) {
      console.warn("The interactive chart could not be drawn; the picture stays.", error);
    }
  }
}

enhanceAll();
// The page was brought up to date in place.
document.addEventListener("etsm:updated", enhanceAll);
