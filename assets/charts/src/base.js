// What all charts over time share: axes, tooltip, and the two forms of a line.
import { heading, tick } from "./times.js";

export const NARROW = 520;

// Buckets that are only partly in the range or the data, or set by hand, say less than they seem to: they are drawn apart.
export function parted(values, partial) {
  const odd = new Set(partial);
  const near = (index) => odd.has(index) || odd.has(index - 1) || odd.has(index + 1);
  return {
    whole: values.map((value, index) => (odd.has(index) ? null : value)),
    rest: values.map((value, index) => (near(index) ? value : null)),
  };
}

// A node, not markup: the content policy drops the style attributes of ECharts' own tooltip, and names stay text.
export function tip(spec, index, note) {
  const box = document.createElement("div");
  box.className = "chart-tip";
  const head = box.appendChild(document.createElement("strong"));
  head.textContent = heading(spec.at[index], spec.grain) + (note ? ` (${note})` : "");
  const line = (name, figure, colour, kind) => {
    const row = box.appendChild(document.createElement("div"));
    row.className = "chart-tip-row";
    const dot = row.appendChild(document.createElement("i"));
    dot.className = kind;
    dot.style.setProperty("--dot", colour);
    const label = row.appendChild(document.createElement("bdi"));
    label.textContent = name;
    if (figure) row.appendChild(document.createElement("b")).textContent = figure;
  };
  return { box, line };
}

export function base(spec, colours, width, calm, formatter) {
  const narrow = width < NARROW;
  const text = { color: colours.muted, fontFamily: colours.font, fontSize: 12 };
  const places = new Map(spec.at.map((at, index) => [String(at), index]));
  return {
    textStyle: { fontFamily: colours.font },
    grid: { left: 4, right: narrow ? 8 : 16, top: 14, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      trigger: "axis", confine: true, transitionDuration: calm ? 0 : 0.15, className: "chart-tip-box", backgroundColor: "transparent", borderWidth: 0, padding: 0, shadowBlur: 0, extraCssText: "box-shadow:none",
      axisPointer: { type: "line", lineStyle: { color: colours.muted, type: "solid", width: 1, opacity: 0.6 } },
      formatter: (points) => formatter(places.get(String(points[0].axisValue))),
    },
    xAxis: {
      type: "category", boundaryGap: false, data: spec.at.map(String),
      axisLine: { lineStyle: { color: colours.grid } }, axisTick: { show: false },
      axisLabel: { ...text, hideOverlap: true, margin: 10, formatter: (at) => tick(Number(at), spec.grain), alignMinLabel: "left", alignMaxLabel: "right" },
    },
    yAxis: {
      type: "value", min: 0, splitNumber: narrow ? 3 : 4, axisLine: { show: false }, axisTick: { show: false },
      axisLabel: text,
      splitLine: { lineStyle: { color: colours.grid } },
    },
    // The wheel scrolls the page; with a modifier key it zooms, and a drag pans.
    dataZoom: [{ type: "inside", xAxisIndex: 0, zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false, moveOnMouseMove: "shift", filterMode: "none", minValueSpan: 3 }],
  };
}
