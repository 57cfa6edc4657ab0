// ECharts' options for a chart over time: stacked parts or one line, with the period before dashed.
import { exact, short } from "./numbers.js";
import { heading, tick } from "./times.js";

function tooltip(spec, colours, index) {
  // A node, not markup: the content policy drops the style attributes of ECharts' own tooltip, and names stay text.
  const box = document.createElement("div");
  box.className = "chart-tip";
  const head = box.appendChild(document.createElement("strong"));
  head.textContent = heading(spec.at[index], spec.grain) + (spec.partial.includes(index) ? " (not complete)" : "");
  const line = (name, value, colour, kind) => {
    if (value === null || value === undefined) return;
    const row = box.appendChild(document.createElement("div"));
    row.className = "chart-tip-row";
    const dot = row.appendChild(document.createElement("i"));
    dot.className = kind;
    dot.style.setProperty("--dot", colour);
    const label = row.appendChild(document.createElement("bdi"));
    label.textContent = name;
    const figure = row.appendChild(document.createElement("b"));
    figure.textContent = exact(value, spec.unit);
  };
  spec.series.forEach((part, at) => line(part.name, part.values[index], colours.part(at), "dot"));
  if (spec.series.length > 1) {
    // Sums of decimal amounts are rounded back to millionths, which is how they are stored.
    const sum = spec.series.reduce((all, part) => all + part.values[index], 0);
    line("Together", Math.round(sum * 1e6) / 1e6, colours.ink, "dot");
  }
  if (spec.previous) line(spec.previous.name, spec.previous.values[index], colours.previous, "dash");
  return box;
}

function lines(spec, colours, calm) {
  const many = spec.series.length > 1;
  const symbol = spec.at.length === 1;
  const drawn = spec.series.map((part, index) => {
    const colour = colours.part(index);
    return {
      type: "line", name: part.name, data: part.values, color: colour, stack: many ? "all" : undefined,
      showSymbol: symbol, symbolSize: 7, symbol: "circle", sampling: undefined,
      lineStyle: { width: many ? 1 : 2.25, color: many ? colours.ground : colour },
      areaStyle: many
        ? { color: colour, opacity: 0.85 }
        : { color: { type: "linear", x: 0, y: 0, x2: 0, y2: 1, colorStops: [{ offset: 0, color: `${colour}40` }, { offset: 1, color: `${colour}05` }] } },
      emphasis: { disabled: true }, animation: !calm, animationDuration: 250, z: 3,
    };
  });
  if (spec.previous) {
    drawn.push({
      type: "line", name: spec.previous.name, data: spec.previous.values, color: colours.previous, showSymbol: symbol, symbol: "circle",
      lineStyle: { width: 1.75, type: [5, 4], color: colours.previous }, emphasis: { disabled: true }, animation: false, z: 4,
    });
  }
  return drawn;
}

export function option(spec, colours, width, calm) {
  const narrow = width < 520;
  const text = { color: colours.muted, fontFamily: colours.font, fontSize: 12 };
  const named = spec.series.length > 1 || spec.previous;
  return {
    textStyle: { fontFamily: colours.font },
    grid: { left: 4, right: narrow ? 8 : 16, top: named ? 40 : 14, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: named
      ? { type: "plain", top: 0, left: 0, icon: "roundRect", itemWidth: 12, itemHeight: 4, itemGap: 16, textStyle: { ...text, width: narrow ? 110 : 220, overflow: "truncate" }, inactiveColor: colours.grid }
      : { show: false },
    tooltip: {
      trigger: "axis", confine: true, transitionDuration: calm ? 0 : 0.15, className: "chart-tip-box", backgroundColor: "transparent", borderWidth: 0, padding: 0, shadowBlur: 0, extraCssText: "box-shadow:none",
      axisPointer: { type: "line", lineStyle: { color: colours.muted, type: "solid", width: 1, opacity: 0.6 } },
      formatter: (points) => tooltip(spec, colours, points[0].dataIndex),
    },
    xAxis: {
      type: "category", boundaryGap: false, data: spec.at.map(String),
      axisLine: { lineStyle: { color: colours.grid } }, axisTick: { show: false },
      axisLabel: { ...text, hideOverlap: true, margin: 10, formatter: (at) => tick(Number(at), spec.grain), alignMinLabel: "left", alignMaxLabel: "right" },
    },
    yAxis: {
      type: "value", min: 0, splitNumber: narrow ? 3 : 4, axisLine: { show: false }, axisTick: { show: false },
      axisLabel: { ...text, formatter: (value) => short(value, spec.unit) },
      splitLine: { lineStyle: { color: colours.grid } },
    },
    // The wheel scrolls the page; with a modifier key it zooms, and a drag pans.
    dataZoom: [{ type: "inside", zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false, moveOnMouseMove: "shift", filterMode: "none", minValueSpan: 3 }],
    series: lines(spec, colours, calm),
  };
}
