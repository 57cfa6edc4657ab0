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

// Buckets that are only partly in the range or the data say less than they seem to: they are drawn apart, dotted.
function parted(values, partial) {
  const odd = new Set(partial);
  const near = (index) => odd.has(index) || odd.has(index - 1) || odd.has(index + 1);
  return {
    whole: values.map((value, index) => (odd.has(index) ? null : value)),
    rest: values.map((value, index) => (near(index) ? value : null)),
  };
}

function lone(spec, colours, calm) {
  const colour = colours.part(0);
  const symbol = spec.at.length - spec.partial.length < 2;
  const { whole, rest } = parted(spec.series[0].values, spec.partial);
  const shared = { type: "line", name: spec.series[0].name, color: colour, symbol: "circle", symbolSize: 6, emphasis: { disabled: true } };
  const fade = [{ offset: 0, color: `${colour}40` }, { offset: 1, color: `${colour}05` }];
  return [
    {
      ...shared, data: whole, showSymbol: symbol, lineStyle: { width: 2.25, color: colour }, z: 3, animation: !calm, animationDuration: 250,
      areaStyle: { color: { type: "linear", x: 0, y: 0, x2: 0, y2: 1, colorStops: fade } },
    },
    { ...shared, data: rest, showSymbol: false, lineStyle: { width: 2, type: [2, 4], color: colour, opacity: 0.7 }, z: 2, animation: false },
  ];
}

function stack(spec, colours, calm) {
  const symbol = spec.at.length - spec.partial.length < 2;
  const layers = spec.series.map((part, index) => ({ name: part.name, colour: colours.part(index), ...parted(part.values, spec.partial) }));
  const shared = ({ name, colour }) => ({ type: "line", name, color: colour, symbol: "circle", emphasis: { disabled: true } });
  const solid = layers.map((layer) => ({
    ...shared(layer), data: layer.whole, stack: "whole", showSymbol: symbol, lineStyle: { width: 1, color: colours.ground },
    areaStyle: { color: layer.colour, opacity: 0.85 }, animation: !calm, animationDuration: 250, z: 3,
  }));
  if (spec.partial.length === 0) return solid;
  // Stacked by themselves, for they share a bucket with the whole ones.
  const faint = layers.map((layer) => ({
    ...shared(layer), data: layer.rest, stack: "rest", showSymbol: false, lineStyle: { width: 1.5, type: [2, 4], color: layer.colour, opacity: 0.8 },
    areaStyle: { color: layer.colour, opacity: 0.22 }, animation: false, z: 2,
  }));
  return [...solid, ...faint];
}

function lines(spec, colours, calm) {
  const drawn = spec.series.length > 1 ? stack(spec, colours, calm) : lone(spec, colours, calm);
  if (spec.previous) {
    drawn.push({
      type: "line", name: spec.previous.name, data: parted(spec.previous.values, spec.partial).whole, color: colours.previous, symbol: "circle",
      showSymbol: spec.at.length === 1, lineStyle: { width: 1.75, type: [5, 4], color: colours.previous }, emphasis: { disabled: true }, animation: false, z: 4,
    });
  }
  return drawn;
}

export function option(spec, colours, width, calm) {
  const narrow = width < 520;
  const text = { color: colours.muted, fontFamily: colours.font, fontSize: 12 };
  return {
    textStyle: { fontFamily: colours.font },
    grid: { left: 4, right: narrow ? 8 : 16, top: 14, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
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
